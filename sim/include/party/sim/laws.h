#pragma once

#include <party/codec.h>
#include <party/message.h>
#include <party/sim/property.h>
#include <party/sim/view.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Laws that many parties have in common. Each asks for a small function or two that say what a message means.
///
/// They are given to `always` or `eventually`, as each says. None of them alarms for what a platform may do: a message
/// that was under way when its connection broke may be lost, a message whose handler a crash cut off too.

namespace Party::Sim {

/// What a message is about: a name, or nothing when it is about nothing that matters here.
using NameOf = std::function<std::optional<std::string>(const Message&)>;
/// The names a message holds, nothing when it is no such message.
using NamesOf = std::function<std::optional<std::set<std::string>>(const Message&)>;
/// Who is there, as what one client got over its present connection shows it.
using RosterOf = std::function<std::set<std::string>(const std::vector<Message>&)>;

/// What the room told a client it has is in every snapshot of a connection that began later.
/// ```
/// always("no line is lost", noLostAcknowledgedMessage(lineOf, linesOfSnapshot));
/// ```
/// `acknowledged` names what a message to a client promises; `snapshot` reads the message that newcomers get.
Predicate noLostAcknowledgedMessage(NameOf acknowledged, NamesOf snapshot);

/// Nobody gets a name more often over one connection than it was sent to the room; and those who were there before it
/// was sent, and still are, have got it as often as it was sent over connections that have lasted too.
/// ```
/// eventually("each order arrives once", 5s, exactlyOnce(orderIn, orderOut));
/// ```
Predicate exactlyOnce(NameOf sent, NameOf received);

/// Any two clients of a room got what both got in the same order, over each of their connections.
/// ```
/// always("one order for all", totalOrder(lineOf));
/// ```
/// Names that were sent twice, or came twice over one connection, say nothing about order and do not count.
Predicate totalOrder(NameOf received);

/// Those who are connected, and nobody else, are on the list that each of them sees. Names are connection ids. Whoever
/// has vanished without the room being able to know may be on it or not.
/// ```
/// eventually("presence converges", 30s, presenceConverges(roster));
/// ```
Predicate presenceConverges(RosterOf roster);

/// A snapshot and the deltas behind it give the same state to all who are connected to a room; and a further snapshot
/// over the same connection is what the deltas had made of the one before.
/// ```
/// eventually("same board for all", 5s, snapshotPlusDeltas(boardOf, applyMove));
/// ```
/// `snapshot` gives an `optional` of the state, `apply` changes it by any other message. Those who have had no snapshot
/// yet are left out.
template <class Snapshot, class Apply>
Predicate snapshotPlusDeltas(Snapshot snapshot, Apply apply) {
  using State = typename decltype(snapshot(std::declval<const Message&>()))::value_type;
  return [snapshot, apply](const View& view) -> Verdict {
    std::map<std::uint8_t, std::pair<std::string, State>> first;
    for (const ClientView& client : view.openClients()) {
      std::optional<State> state;
      for (const Message& message : client.messages()) {
        if (auto whole = snapshot(message)) {
          if (state && !(*state == *whole)) {
            return Verdict::broken(std::string(client.name()) + " gets a snapshot in " + roomName(client.room()) +
                                   " that is not what the deltas before it have made");
          }
          state = std::move(whole);
        } else if (state) {
          apply(*state, message);
        }
      }
      if (!state) continue;
      const auto [known, isFirst] = first.try_emplace(client.room(), std::string(client.name()), *state);
      if (isFirst || known->second.second == *state) continue;
      return Verdict::broken(known->second.first + " and " + std::string(client.name()) + " have different states of " +
                             roomName(client.room()));
    }
    return true;
  };
}

/// Storage keys that move together: `holds` gets their durable values, nothing for one that is not there, and says
/// whether they fit. Checked on every room's disk.
/// ```
/// always("nothing is lost on the way",
///        keysMoveTogether<int>({"left", "right"}, [](auto& values) { return values[0].value_or(0) + ... == 10; }));
/// ```
template <class T>
Predicate keysMoveTogether(std::vector<std::string> keys,
                           std::function<bool(const std::vector<std::optional<T>>&)> holds) {
  return [keys = std::move(keys), holds = std::move(holds)](const View& view) -> Verdict {
    for (std::uint8_t room = 0; room < view.rooms(); ++room) {
      const DiskImage& disk = view.disk(room);
      std::vector<std::optional<T>> values;
      for (const std::string& key : keys) {
        const auto found = disk.entries.find(key);
        values.push_back(found == disk.entries.end() ? std::optional<T>() : decodeValue<T>(found->second));
      }
      if (holds(values)) continue;
      std::string names;
      for (const std::string& key : keys) names += (names.empty() ? "" : ", ") + key;
      return Verdict::broken("on the disk of " + roomName(room) + " these do not fit together: " + names);
    }
    return true;
  };
}
/// The simplest form: all of them are there or none.
Predicate keysMoveTogether(std::vector<std::string> keys);

/// One thing that a client asks of a shared object, as it sends it.
struct Operation {
  enum class Kind : std::uint8_t { read, write, add, remove };
  Kind kind = Kind::read;
  /// What is written, added or removed; of a set's `read`, the element that is asked for. Numbers as text.
  std::string value;
  /// Names it in its answer. Empty: answers come in the order of the questions over each connection.
  std::string id;
};
/// The answer to one.
struct OperationResult {
  std::string value;
  std::string id;
};

struct LinearizableOptions {
  /// Steps of the search, after which a life is left undecided; a history of twenty operations takes a few hundred.
  std::uint64_t budget = 100'000;
  /// What the object is before the first operation.
  std::string initial;
};

/// The answers that the clients of a room get are those of one object, on which each operation happens at one moment
/// between its sending and its answer (Herlihy and Wing). An operation without an answer may have happened or not.
/// ```
/// always("a register", linearizableRegister(operationOf, resultOf));
/// ```
/// Of a life that takes longer to judge than the budget nothing is concluded, which the run says; nor of one in which a
/// room has more than 64 operations.
///
/// Register: `write` sets, `read` is answered with the value; a `write` may be answered with anything.
Predicate linearizableRegister(std::function<std::optional<Operation>(const Message&)> sent,
                               std::function<std::optional<OperationResult>(const Message&)> received,
                               LinearizableOptions options = {});
/// Counter: `add` adds its value and is answered with the new sum, `read` with the sum. Starts at 0.
Predicate linearizableCounter(std::function<std::optional<Operation>(const Message&)> sent,
                              std::function<std::optional<OperationResult>(const Message&)> received,
                              LinearizableOptions options = {});
/// Set: `add`, `remove` and `read` of one element are answered with `true` or `false`: whether it was there before.
Predicate linearizableSet(std::function<std::optional<Operation>(const Message&)> sent,
                          std::function<std::optional<OperationResult>(const Message&)> received,
                          LinearizableOptions options = {});

}  // namespace Party::Sim
