#include <fmt/format.h>
#include <party/sim/linearizable.h>
#include <party/sim/view.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "quoted.h"

/// The search of Wing and Gong for an order of overlapping operations that explains their answers, with Lowe's memory
/// of what has been tried: operations done, answers given and the state they lead to need to be looked at once.

namespace Party::Sim::Detail {
namespace {

constexpr std::size_t mostOperations = 64;  // one bit each

/// Questions and answers that may belong together have the same pool.
struct Asked {
  Question question;
  std::size_t pool = 0;
  Time at;
  std::string_view client;
};
struct Given {
  std::optional<std::string> text;
  std::size_t pool = 0;
  Time at;
  std::string_view client;
};
struct History {
  std::vector<Asked> asked;
  std::vector<Given> given;
};

/// What was asked over one connection, and the answers: each to a question that had been asked by then.
class Conversation {
 public:
  Conversation(History& history, std::size_t& pools, bool inOrder)
      : history_(history), pools_(pools), inOrder_(inOrder) {}

  void ask(Question question, Time at, std::string_view client) {
    const bool shares = question.answered && !inOrder_;
    const std::size_t pool = shares ? shared_.try_emplace(question.id, pools_).first->second : pools_;
    if (pool == pools_) ++pools_;
    if (question.answered) open_[question.id].push_back(history_.asked.size());
    history_.asked.push_back({std::move(question), pool, at, client});
  }
  void answer(Answer answer, Time at, std::string_view client) {
    auto& open = open_[answer.id];
    const auto first = std::ranges::find_if(open, [&](std::size_t i) { return history_.asked[i].at <= at; });
    if (first == open.end()) return;  // nobody asked
    history_.given.push_back({std::move(answer.text), history_.asked[*first].pool, at, client});
    open.erase(first);
  }

 private:
  History& history_;
  std::size_t& pools_;
  bool inOrder_;
  std::map<std::string, std::vector<std::size_t>> open_;  // by id: questions that still want an answer
  std::map<std::string, std::size_t> shared_;             // by id: their pool, when any of them may have any answer
};

History historyOf(const View& view, std::uint8_t room, const LinearizableLaw& law) {
  History history;
  std::size_t pools = 0;
  for (const ClientView& client : view.clients()) {
    if (client.room() != room) continue;
    const std::uint32_t last = client.sent().empty() ? 0 : client.sent().back().connection;
    for (std::uint32_t connection = 1; connection <= last; ++connection) {
      Conversation conversation(history, pools, law.inOrder);
      for (const Sent& sent : client.sent()) {
        if (sent.connection != connection) continue;
        if (auto question = law.dialogue.sent(sent.content)) {
          conversation.ask(*std::move(question), sent.at, client.name());
        }
      }
      for (const Frame& frame : client.frames()) {
        if (frame.connection != connection || frame.kind != Frame::Kind::message) continue;
        if (auto answer = law.dialogue.received(frame.content)) {
          conversation.answer(*std::move(answer), frame.at, client.name());
        }
      }
    }
  }
  return history;
}

std::vector<History> byArgument(const History& history) {
  std::map<std::string, History> parts;
  for (const Asked& asked : history.asked) {
    History& part = parts[asked.question.argument];
    part.asked.push_back(asked);
    std::ranges::copy_if(history.given, std::back_inserter(part.given),
                         [&](const Given& given) { return given.pool == asked.pool; });
  }
  std::vector<History> all;
  for (auto& [argument, part] : parts) all.push_back(std::move(part));
  return all;
}

class Search {
 public:
  using Bits = std::uint64_t;

  Search(const History& history, SequentialObject& object, std::uint64_t budget)
      : asked_(history.asked), given_(history.given), object_(object), budget_(budget) {}

  /// Whether some order explains all; nothing when the budget was spent before that was known.
  std::optional<bool> explained() {
    const bool found = extend({0, 0, object_.initial()});
    return found || budget_ > 0 ? std::optional(found) : std::nullopt;
  }

 private:
  struct Point {
    Bits done;   // questions that have had their moment
    Bits taken;  // answers they have got
    std::uint32_t state;
    auto operator<=>(const Point&) const = default;
  };
  static bool has(Bits bits, std::size_t i) { return (bits >> i & 1) != 0; }
  static Bits with(Bits bits, std::size_t i) { return bits | Bits{1} << i; }

  bool extend(const Point& point) {
    Time deadline = Time::max();
    bool all = true;
    for (std::size_t i = 0; i < given_.size(); ++i) {
      if (has(point.taken, i)) continue;
      deadline = std::min(deadline, given_[i].at);
      all = false;
    }
    if (all && object_.mayEndIn(point.state)) return true;
    if (budget_ == 0 || !tried_.insert(point).second) return false;
    --budget_;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      // Whatever is asked behind an answer has its moment behind that answer's question.
      if (!has(point.done, i) && asked_[i].at <= deadline && tryNext(point, i)) return true;
    }
    return false;
  }

  /// The next moment is that of question `i`: with one of the answers it may have, or none.
  bool tryNext(const Point& point, std::size_t i) {
    std::set<std::string_view> tried;  // of equal answers the earliest leaves the most room for others
    std::size_t answers = 0;
    for (std::size_t j = 0; j < given_.size(); ++j) {
      if (has(point.taken, j) || given_[j].pool != asked_[i].pool) continue;
      ++answers;
      if (given_[j].at < asked_[i].at || !tried.insert(*given_[j].text).second) continue;
      const auto next = object_.after(point.state, asked_[i].question, given_[j].text);
      if (next && extend({with(point.done, i), with(point.taken, j), *next})) return true;
    }
    std::size_t questions = 0;
    for (std::size_t k = 0; k < asked_.size(); ++k) {
      questions += !has(point.done, k) && asked_[k].pool == asked_[i].pool ? 1 : 0;
    }
    if (questions <= answers) return false;  // each of them is needed for an answer
    const auto next = object_.after(point.state, asked_[i].question, std::nullopt);
    return next && extend({with(point.done, i), point.taken, *next});
  }

  const std::vector<Asked>& asked_;
  const std::vector<Given>& given_;
  SequentialObject& object_;
  std::uint64_t budget_;
  std::set<Point> tried_;
};

/// `ann read -> 1` where it is known which answer is whose, else everything in the order in which it happened.
std::string described(const History& history, bool inOrder) {
  std::vector<std::tuple<Time, std::size_t, std::string>> events;
  for (const Asked& asked : history.asked) {
    std::string text = fmt::format("{} {}", asked.client, shortened(asked.question.label, 20));
    if (inOrder) {
      const auto given = std::ranges::find(history.given, asked.pool, &Given::pool);
      text += " -> " + (given == history.given.end() ? "no answer" : shortened(*given->text, 20));
    }
    events.emplace_back(asked.at, events.size(), std::move(text));
  }
  for (const Given& given : history.given) {
    if (inOrder) break;
    events.emplace_back(given.at, events.size(), fmt::format("{} <- {}", given.client, shortened(*given.text, 20)));
  }
  std::ranges::sort(events);
  constexpr std::size_t most = 12;
  std::string text;
  for (std::size_t i = 0; i < events.size() && i < most; ++i) text += (i == 0 ? "" : "; ") + std::get<2>(events[i]);
  if (events.size() > most) text += fmt::format("; and {} more", events.size() - most);
  return text.empty() ? "there are none" : text;
}

Verdict judged(const LinearizableLaw& law, const View& view, std::uint8_t room, const History& history) {
  if (history.asked.size() > mostOperations) {
    return Verdict::undecided(fmt::format("{} operations are too many to find their order", history.asked.size()));
  }
  const auto object = law.object(view, room);
  const auto explained = Search(history, *object, law.budget).explained();
  if (!explained) {
    return Verdict::undecided(
        fmt::format("{} steps were not enough to find an order of {} operations", law.budget, history.asked.size()));
  }
  if (*explained) return true;
  return Verdict::broken(fmt::format("no order of the operations in {} explains {}: {}", roomName(room), law.explained,
                                     described(history, law.inOrder)));
}

}  // namespace

Predicate linearizable(LinearizableLaw law) {
  return [law = std::move(law)](const View& view) {
    Verdict all = true;
    for (std::uint8_t room = 0; room < view.rooms(); ++room) {
      History whole = historyOf(view, room, law);
      std::vector<History> parts;
      if (law.objectPerArgument) {
        parts = byArgument(whole);
      } else {
        parts.push_back(std::move(whole));
      }
      for (const History& history : parts) {
        Verdict verdict = judged(law, view, room, history);
        if (!verdict.holds()) return verdict;
        if (!verdict.decided()) all = std::move(verdict);
      }
    }
    return all;
  };
}

}  // namespace Party::Sim::Detail
