#include <fmt/format.h>
#include <party/sim/laws.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "quoted.h"

/// The search of Wing and Gong for an order of overlapping operations that explains their answers, with Lowe's memory
/// of what has been tried: a set of operations done and the state they lead to need to be looked at once.

namespace Party::Sim {
namespace {

constexpr std::size_t mostOperations = 64;  // one bit each

struct Done {
  Operation operation;
  std::optional<std::string> result;
  Time begin;
  Time end = Time::max();  // without an answer it may have happened at any time, or not at all
  std::string_view client;
};
using History = std::vector<Done>;

using SentReader = std::function<std::optional<Operation>(const Message&)>;
using ReceivedReader = std::function<std::optional<OperationResult>(const Message&)>;

/// The operations over one connection, each with its answer.
void addOperations(History& history, const ClientView& client, std::uint32_t connection, const SentReader& sent,
                   const ReceivedReader& received) {
  const std::size_t first = history.size();
  for (const Sent& each : client.sent()) {
    if (each.connection != connection) continue;
    if (auto operation = sent(each.content)) {
      history.push_back({*std::move(operation), std::nullopt, each.at, Time::max(), client.name()});
    }
  }
  for (const Frame& frame : client.frames()) {
    if (frame.connection != connection || frame.kind != Frame::Kind::message) continue;
    const auto answer = received(frame.content);
    if (!answer) continue;
    const auto asked = std::find_if(history.begin() + static_cast<std::ptrdiff_t>(first), history.end(),
                                    [&](const Done& done) { return !done.result && done.operation.id == answer->id; });
    if (asked == history.end()) continue;
    asked->result = answer->value;
    asked->end = frame.at;
  }
}

History historyOf(const View& view, std::uint8_t room, const SentReader& sent, const ReceivedReader& received) {
  History history;
  for (const ClientView& client : view.clients()) {
    if (client.room() != room) continue;
    const std::uint32_t last = client.sent().empty() ? 0 : client.sent().back().connection;
    for (std::uint32_t connection = 1; connection <= last; ++connection) {
      addOperations(history, client, connection, sent, received);
    }
  }
  return history;
}

/// `Object::State` and `Object::after(state, operation, result)`, which gives the next state, or nothing when the
/// answer is not the one such an object gives.
template <class Object>
class Search {
 public:
  Search(const History& history, typename Object::State initial, std::uint64_t& budget)
      : history_(history), initial_(std::move(initial)), budget_(budget) {
    for (std::size_t i = 0; i < history.size(); ++i) {
      if (history[i].result) answered_ |= std::uint64_t{1} << i;
    }
  }

  /// Whether some order explains all; nothing when the budget was spent before that was known.
  std::optional<bool> explained() {
    const bool found = extend(0, initial_);
    return found || budget_ > 0 ? std::optional(found) : std::nullopt;
  }

 private:
  bool extend(std::uint64_t done, const typename Object::State& state) {
    if ((done & answered_) == answered_) return true;
    if (budget_ == 0 || !tried_.insert({done, state}).second) return false;
    --budget_;
    Time earliestEnd = Time::max();
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if ((done >> i & 1) == 0) earliestEnd = std::min(earliestEnd, history_[i].end);
    }
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const Done& next = history_[i];
      if ((done >> i & 1) != 0 || next.begin > earliestEnd) continue;
      const auto after = Object::after(state, next.operation, next.result);
      if (after && extend(done | std::uint64_t{1} << i, *after)) return true;
    }
    return false;
  }

  const History& history_;
  typename Object::State initial_;
  std::uint64_t& budget_;
  std::uint64_t answered_ = 0;
  std::set<std::pair<std::uint64_t, typename Object::State>> tried_;
};

std::int64_t numberIn(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Register {
  using State = std::string;
  static State initial(const std::string& text) { return text; }
  static std::vector<History> parts(History history) { return {std::move(history)}; }
  static std::optional<State> after(const State& state, const Operation& operation,
                                    const std::optional<std::string>& result) {
    if (operation.kind == Operation::Kind::write) return operation.value;
    return !result || *result == state ? std::optional(state) : std::nullopt;
  }
};

struct Counter {
  using State = std::int64_t;
  static State initial(const std::string& text) { return numberIn(text); }
  static std::vector<History> parts(History history) { return {std::move(history)}; }
  static std::optional<State> after(State sum, const Operation& operation, const std::optional<std::string>& result) {
    if (operation.kind == Operation::Kind::add) sum += numberIn(operation.value);
    return !result || numberIn(*result) == sum ? std::optional(sum) : std::nullopt;
  }
};

/// Each element of a set is an object of its own, which keeps the histories short.
struct Element {
  using State = bool;
  static State initial(const std::string&) { return false; }
  static std::vector<History> parts(const History& history) {
    std::map<std::string, History> byElement;
    for (const Done& done : history) byElement[done.operation.value].push_back(done);
    std::vector<History> parts;
    for (auto& [element, part] : byElement) parts.push_back(std::move(part));
    return parts;
  }
  static std::optional<State> after(State there, const Operation& operation, const std::optional<std::string>& result) {
    if (result && (*result == "true") != there) return std::nullopt;
    if (operation.kind == Operation::Kind::read) return there;
    return operation.kind == Operation::Kind::add;
  }
};

std::string described(const History& history) {
  static constexpr std::array<const char*, 4> verbs{"read", "write", "add", "remove"};
  std::vector<const Done*> sorted;
  for (const Done& done : history) sorted.push_back(&done);
  std::ranges::sort(sorted, {}, [&](const Done* done) { return std::pair(done->begin, done - history.data()); });
  std::string text;
  constexpr std::size_t shown = 6;
  for (std::size_t i = 0; i < sorted.size() && i < shown; ++i) {
    const Done& done = *sorted[i];
    text += fmt::format("{}{} {}{}{} -> {}", i == 0 ? "" : "; ", done.client,
                        verbs[static_cast<std::size_t>(done.operation.kind)], done.operation.value.empty() ? "" : " ",
                        Detail::shortened(done.operation.value, 20),
                        done.result ? Detail::shortened(*done.result, 20) : "no answer");
  }
  if (sorted.size() > shown) text += fmt::format("; and {} more", sorted.size() - shown);
  return text;
}

template <class Object>
Predicate linearizable(SentReader sent, ReceivedReader received, LinearizableOptions options) {
  return [sent = std::move(sent), received = std::move(received), options = std::move(options)](const View& view) {
    Verdict verdict = true;
    for (std::uint8_t room = 0; room < view.rooms(); ++room) {
      for (const History& history : Object::parts(historyOf(view, room, sent, received))) {
        if (history.size() > mostOperations) {
          verdict = Verdict::undecided(fmt::format("{} operations are too many to find their order", history.size()));
          continue;
        }
        std::uint64_t budget = options.budget;
        const auto explained = Search<Object>(history, Object::initial(options.initial), budget).explained();
        if (!explained) {
          verdict = Verdict::undecided(fmt::format("{} steps were not enough to find an order of {} operations",
                                                   options.budget, history.size()));
        } else if (!*explained) {
          return Verdict::broken(fmt::format("no order of the operations in {} explains their answers: {}",
                                             roomName(room), described(history)));
        }
      }
    }
    return verdict;
  };
}

}  // namespace

Predicate linearizableRegister(SentReader sent, ReceivedReader received, LinearizableOptions options) {
  return linearizable<Register>(std::move(sent), std::move(received), std::move(options));
}
Predicate linearizableCounter(SentReader sent, ReceivedReader received, LinearizableOptions options) {
  return linearizable<Counter>(std::move(sent), std::move(received), std::move(options));
}
Predicate linearizableSet(SentReader sent, ReceivedReader received, LinearizableOptions options) {
  return linearizable<Element>(std::move(sent), std::move(received), std::move(options));
}

}  // namespace Party::Sim
