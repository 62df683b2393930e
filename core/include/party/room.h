#pragma once

#include <party/connection.h>
#include <party/detail/callback.h>
#include <party/parties.h>
#include <party/response_stream.h>
#include <party/storage.h>
#include <party/time.h>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace Party {

/// Names a timer of one instance; 0 is no timer.
using TimerId = std::uint64_t;

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// One room as its party sees it: its names, connections, storage, and everything outside, which is asked of the room
/// so that a simulator can answer.
///
/// Not copyable; it lives longer than the party object and every handler. Only the room's own handlers may use it.
class Room {
 public:
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  /// The path segment of the URL, not decoded (ROUTE-10). Throws inside onAlarm, as documented (LIFE-15, D-22).
  const std::string& id() const;
  /// The party's name, "main" for the main one.
  const std::string& name() const;
  /// 64 lower-case hex digits, the same for this party and id for ever (ID-001..008); also inside onAlarm.
  std::string internalID() const;
  Storage& storage();
  /// The other parties of the project. Throws inside onAlarm, where it is used (LIFE-16).
  Context context() const;
  /// Asks somebody outside; `url` is a full http or https URL. As with a room's stub: it leaves once all writes made
  /// before it are durable, other events may run meanwhile, redirects are followed.
  Pending<Response> fetch(std::string_view url, const RequestInit& init = RequestInit());
  Pending<Response> fetch(const Request& request);
  /// A body to be written while the response is on its way.
  ResponseStream responseStream();

  /// Sends to every open connection of this room, in the order they connected, except those whose id is listed.
  /// Delivered after all storage writes made before this call are durable. Who joins later does not get it.
  void broadcast(const Message& message, std::initializer_list<std::string_view> without = {});
  void broadcast(const Message& message, std::span<const std::string> without);

  /// The newest open connection with this id (D-3).
  std::optional<Connection> getConnection(std::string_view id) const;
  Connections getConnections() const;
  /// Those that carry exactly this tag; the id is a tag. An empty tag matches nothing (BCAST-7, D-13).
  Connections getConnections(std::string_view tag) const;

  /// The time of this turn, in whole milliseconds. It stands still until the turn ends (GATE-015).
  Time now() const;
  /// Settles `length` from now or later. Other events may run meanwhile.
  [[nodiscard]] Pending<void> sleep(Duration length);
  /// Calls `callback` once, `delay` from now or later, as an event of its own. Lost at hibernation; keeps it away.
  template <std::invocable Function>
  TimerId setTimeout(Duration delay, Function&& callback) {
    return startTimer(delay, false, Detail::makeCallback(std::forward<Function>(callback)));
  }
  template <std::invocable Function>
  TimerId setInterval(Duration period, Function&& callback) {
    return startTimer(period, true, Detail::makeCallback(std::forward<Function>(callback)));
  }
  /// Ends a timeout or interval; an unknown or finished one is ignored.
  void clear(TimerId timer);

  /// Uniform in [0, 1), drawn from the host's seed, keyed by the event in hand.
  double random();
  /// Uniform in 0 .. bound - 1; a bound of 0 throws.
  std::uint64_t randomInteger(std::uint64_t bound);
  /// A version 4 UUID in lower-case text, from the same source.
  std::string randomUUID();

  /// Runs `section` as a critical section and gives what it returns: no other event reaches the room until it has
  /// settled. It begins when the caller yields. If it throws, or takes longer than 30 s, the room is reset and the
  /// caller never resumes (GATE-020..025).
  template <std::invocable Function>
  [[nodiscard]] auto blockConcurrencyWhile(Function&& section) {
    auto body = Detail::makeSectionBody(std::forward<Function>(section));
    return Detail::pendingSection(startSection(body.callback), body);
  }
  /// Lets work go on after the handler has returned; it keeps hibernation away until it ends.
  void waitUntil(Task<> work);

  /// Says, for the simulator, that the alarm must have run by `due` because of `what`: when all is quiet and no alarm
  /// is set for then or before, something is stranded. The next call with the same `what` replaces it. Counts once the
  /// writes of its turn are durable. It sets no alarm, and a server takes no notice.
  void expectWakeBy(Time due, std::string_view what = {});
  void expectNoWake(std::string_view what = {});

  void log(LogLevel level, std::string_view text);

 private:
  friend class Detail::RoomCore;
  explicit Room(Detail::RoomCore* room) : room_(room) {}
  TimerId startTimer(Duration delay, bool repeating, Detail::Callback callback);
  Detail::AskedSection startSection(Detail::Callback section);

  Detail::RoomCore* room_;
};

}  // namespace Party
