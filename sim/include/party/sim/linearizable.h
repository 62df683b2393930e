#pragma once

#include <party/message.h>
#include <party/sim/property.h>
#include <party/time.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Linearizability (Herlihy and Wing): whether the answers that the clients of a room got are those of one object, on
/// which each operation happens at one moment between its sending and its answer. An operation without an answer may
/// have happened at any moment since it was sent, or not at all: that is what lost connections and crashes leave open.
///
/// This is what the laws of <party/sim/laws.h> and the models of <party/sim/model.h> have in common.

namespace Party::Sim::Detail {

/// A message of a client, as an operation on the object.
struct Question {
  /// Which operation: an index into the steps of the object.
  std::size_t operation = 0;
  std::string argument;
  /// Names it in its answer.
  std::string id;
  /// `add 3`, for people.
  std::string label;
  /// It is one of those that are answered.
  bool answered = true;
};
struct Answer {
  std::string text;
  std::string id;
};

struct Dialogue {
  std::function<std::optional<Question>(const Message&)> sent;
  std::function<std::optional<Answer>(const Message&)> received;
};

/// The object as the search sees it: states are numbers, given out as they are met.
class SequentialObject {
 public:
  virtual ~SequentialObject() = default;
  virtual std::uint32_t initial() = 0;
  /// The next state, or nothing when the answer is not the one such an object gives.
  virtual std::optional<std::uint32_t> after(std::uint32_t state, const Question& question,
                                             const std::optional<std::string>& answer) = 0;
  /// Whether it may have been in this state when all was quiet.
  virtual bool mayEndIn(std::uint32_t) { return true; }
};

/// What an operation does to the state, and whether the answer fits; without an answer it always does.
template <class State>
using Operate = std::function<bool(State& state, std::string_view argument, const std::optional<std::string>& answer)>;

template <class State>
struct Object {
  State initial{};
  std::vector<Operate<State>> operations;
};

/// The states of an object that one search has met.
template <std::totally_ordered State>
class ObjectStates : public SequentialObject {
 public:
  explicit ObjectStates(const Object<State>& object) : object_(object) {}

  std::uint32_t initial() override { return number(object_.initial); }
  std::optional<std::uint32_t> after(std::uint32_t state, const Question& question,
                                     const std::optional<std::string>& answer) override {
    State next = *states_[state];
    if (!object_.operations[question.operation](next, question.argument, answer)) return std::nullopt;
    return number(std::move(next));
  }

 protected:
  const State& stateOf(std::uint32_t number) const { return *states_[number]; }

 private:
  std::uint32_t number(State state) {
    const auto [at, isNew] = numbers_.try_emplace(std::move(state), static_cast<std::uint32_t>(states_.size()));
    if (isNew) states_.push_back(&at->first);
    return at->second;
  }

  const Object<State>& object_;
  std::map<State, std::uint32_t> numbers_;
  std::vector<const State*> states_;
};

struct LinearizableLaw {
  Dialogue dialogue;
  /// For one search, in one room.
  std::function<std::unique_ptr<SequentialObject>(const View& view, std::uint8_t room)> object;
  /// Over each connection, and for each id, answers come in the order of the questions. Otherwise an answer may belong
  /// to any question before it, as where a handler that waits is overtaken.
  bool inOrder = false;
  /// Each argument has an object of its own, which keeps histories short.
  bool objectPerArgument = false;
  /// Steps of the search, after which a life is left undecided.
  std::uint64_t budget = 100'000;
  /// What an order of the operations must explain: `their answers`.
  std::string explained = "their answers";
};

Predicate linearizable(LinearizableLaw law);

}  // namespace Party::Sim::Detail
