#pragma once

#include <party/message.h>
#include <party/sim/command_texts.h>
#include <party/sim/disk.h>
#include <party/sim/linearizable.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// A party against a model of it: a plain value, and what each command does to it.
///
/// ```
/// PARTY_PROPERTY(Counter, CountsLikeANumber) {
///   Party::Sim::Model<int> model;
///   model.command("inc", [](int& count) { return "now " + std::to_string(++count); });
///   model.command("get", [](int& count) { return "now " + std::to_string(count); });
///   follows(model);
/// }
/// ```
/// Clients send the commands in any order, at the same time, while connections break and rooms crash. What they are
/// answered must be what the value would have answered to the same commands one after the other: each at some moment
/// between its sending and its answer; one without an answer at any moment since, or never. So neither a lost message
/// nor a crash before an answer is a failure, and an answer that a crash takes back is one.

namespace Party::Sim {

/// `State` is the value of one room: copied, and compared with `<`. A struct gets that from
/// `auto operator<=>(const Board&) const = default;`.
///
/// Its functions are called on all threads that judge lives, and depend on their arguments alone.
template <std::totally_ordered State>
class Model {
 public:
  /// What clients may ask, and what it does.
  class Command {
   public:
    /// Where this does not hold, clients rarely send the command; and when it comes to that, it changes nothing and may
    /// be answered with anything.
    Command& when(std::function<bool(const State&)> possible) {
      possible_ = std::move(possible);
      return *this;
    }

   private:
    friend class Model;
    bool possible(const State& state) const { return !possible_ || possible_(state); }

    Detail::Operate<State> operate_;
    std::function<bool(const State&)> possible_;
  };

  /// Each room begins with this value.
  explicit Model(State initial = State()) : initial_(std::move(initial)) {}

  /// A client sends `text`. `step` changes the value, and returns the text of the answer; nothing (`std::nullopt`) when
  /// it may be any; it returns `void` when the room does not answer this command.
  template <class Step>
  Command& command(std::string text, Step step) {
    return add(std::move(text), std::nullopt, std::move(step));
  }
  /// A client sends `prefix` with one of the arguments behind it, and `step` gets the value and the argument.
  ///
  /// With a third parameter, `const std::optional<std::string>& answer`, it returns whether the answer fits, and `true`
  /// when there is none: for answers that the value does not determine.
  template <class Step>
  Command& command(std::string prefix, rc::Gen<std::string> arguments, Step step) {
    return add(std::move(prefix), std::move(arguments), std::move(step));
  }

  /// Only texts to a client that begin so are answers; without a call each text is one. An answer belongs to one of the
  /// commands that were sent before it over the same connection and are answered; to which is left open, as a handler
  /// that waits is overtaken by the next.
  Model& answers(std::string prefix) {
    texts_.answers([prefix = std::move(prefix)](std::string_view text) -> std::optional<std::string> {
      return text.starts_with(prefix) ? std::optional<std::string>("") : std::nullopt;
    });
    return *this;
  }
  /// Or an answer names its command: `idOfCommand` gives what names it, and `idOfAnswer` the same of an answer, nothing
  /// for what is no answer.
  Model& answers(std::function<std::string(std::string_view text)> idOfCommand,
                 std::function<std::optional<std::string>(std::string_view text)> idOfAnswer) {
    texts_.answers(std::move(idOfAnswer), std::move(idOfCommand));
    return *this;
  }

  /// When all is quiet, after at most `within`, the value fits what is on disk. Asked about each room, also one that
  /// nobody came to.
  Model& atRest(Duration within, std::function<bool(const State&, const DiskImage&)> fits) {
    within_ = within;
    fits_ = std::move(fits);
    return *this;
  }
  /// Steps of the search for an order, 100,000 without a call. A life that needs more, or in which a room gets more
  /// than 64 commands, is left undecided; the run says how often.
  Model& budget(std::uint64_t steps) {
    budget_ = steps;
    return *this;
  }

  /// For `Property::follows`.
  operator Followed() const {
    const auto model = std::make_shared<const Model>(*this);
    return {"follows its model", texts_.messages(), [model](Scenario& scenario) { model->steer(scenario); }, within_,
            lawOf(model)};
  }

 private:
  template <class Step>
  Command& add(std::string text, std::optional<rc::Gen<std::string>> arguments, Step step) {
    Command& command = commands_.emplace_back();
    bool answered = true;
    if constexpr (std::is_invocable_v<Step&, State&, std::string_view, const std::optional<std::string>&>) {
      command.operate_ = std::move(step);
    } else if constexpr (std::is_invocable_v<Step&, State&, std::string_view>) {
      answered = !std::is_void_v<std::invoke_result_t<Step&, State&, std::string_view>>;
      command.operate_ = [step = std::move(step)](State& state, std::string_view argument, const auto& answer) {
        return fitting([&] { return step(state, argument); }, answer);
      };
    } else {
      static_assert(std::is_invocable_v<Step&, State&>, "a step takes the value, and perhaps the argument");
      answered = !std::is_void_v<std::invoke_result_t<Step&, State&>>;
      command.operate_ = [step = std::move(step)](State& state, std::string_view, const auto& answer) {
        return fitting([&] { return step(state); }, answer);
      };
    }
    texts_.add(std::move(text), std::move(arguments), answered);
    return command;
  }
  template <class Call>
  static bool fitting(Call call, const std::optional<std::string>& answer) {
    if constexpr (std::is_void_v<std::invoke_result_t<Call&>>) {
      return call(), true;
    } else {
      const std::optional<std::string> expected = call();
      return !answer || !expected || *answer == *expected;
    }
  }

  /// The commands one after the other: those that would not be possible then are drawn again.
  void steer(Scenario& scenario) const {
    if (std::ranges::none_of(commands_, [](const Command& command) { return bool(command.possible_); })) return;
    std::vector<State> states(Scenario::maxRooms, initial_);
    texts_.steer(scenario, [&](std::uint8_t room, std::size_t number, std::string_view argument) {
      const Command& command = commands_[number];
      if (!command.possible(states[room])) return false;
      command.operate_(states[room], argument, std::nullopt);
      return true;
    });
  }

  class Room final : public Detail::ObjectStates<State> {
   public:
    Room(const Model& model, const Detail::Object<State>& object, const DiskImage& disk)
        : Detail::ObjectStates<State>(object), model_(model), disk_(disk) {}
    bool mayEndIn(std::uint32_t state) override { return !model_.fits_ || model_.fits_(this->stateOf(state), disk_); }

   private:
    const Model& model_;
    const DiskImage& disk_;
  };
  static Predicate lawOf(const std::shared_ptr<const Model>& model) {
    const auto object = std::make_shared<Detail::Object<State>>();
    object->initial = model->initial_;
    for (const Command& command : model->commands_) {
      object->operations.push_back([&command](State& state, std::string_view argument, const auto& answer) {
        return !command.possible(state) || command.operate_(state, argument, answer);
      });
    }
    Detail::LinearizableLaw law;
    law.dialogue = model->texts_.dialogue();
    law.object = [model, object](const View& view, std::uint8_t room) {
      return std::make_unique<Room>(*model, *object, view.disk(room));
    };
    law.budget = model->budget_;
    if (model->fits_) law.explained = "their answers and what is on disk";
    return Detail::linearizable(std::move(law));
  }

  State initial_;
  Detail::CommandTexts texts_;
  std::deque<Command> commands_;  // a reference to one outlives the next
  Duration within_{};
  std::function<bool(const State&, const DiskImage&)> fits_;
  std::uint64_t budget_ = 100'000;
};

}  // namespace Party::Sim
