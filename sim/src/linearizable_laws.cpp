#include <party/sim/laws.h>
#include <party/sim/linearizable.h>

#include <array>
#include <charconv>
#include <memory>
#include <utility>

/// The ready-made ones: a register, a counter and a set as objects with the operations of `Operation::Kind`.

namespace Party::Sim {
namespace {

using SentReader = std::function<std::optional<Operation>(const Message&)>;
using ReceivedReader = std::function<std::optional<OperationResult>(const Message&)>;
using Result = const std::optional<std::string>&;

constexpr std::size_t kinds = 4;

std::int64_t numberIn(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Detail::Dialogue dialogueOf(SentReader sent, ReceivedReader received) {
  static constexpr std::array<const char*, kinds> names{"read", "write", "add", "remove"};
  Detail::Dialogue dialogue;
  dialogue.sent = [sent = std::move(sent)](const Message& message) -> std::optional<Detail::Question> {
    auto operation = sent(message);
    if (!operation) return std::nullopt;
    const auto kind = static_cast<std::size_t>(operation->kind);
    std::string label = names[kind];
    if (!operation->value.empty()) label += " " + operation->value;
    return Detail::Question{kind, std::move(operation->value), std::move(operation->id), std::move(label), true};
  };
  dialogue.received = [received = std::move(received)](const Message& message) -> std::optional<Detail::Answer> {
    auto result = received(message);
    if (!result) return std::nullopt;
    return Detail::Answer{std::move(result->value), std::move(result->id)};
  };
  return dialogue;
}

template <class State>
Predicate lawOf(State initial, std::array<Detail::Operate<State>, kinds> operations, SentReader sent,
                ReceivedReader received, const LinearizableOptions& options, bool objectPerArgument = false) {
  const auto object = std::make_shared<Detail::Object<State>>();
  object->initial = std::move(initial);
  object->operations.assign(operations.begin(), operations.end());
  Detail::LinearizableLaw law;
  law.dialogue = dialogueOf(std::move(sent), std::move(received));
  law.object = [object](const View&, std::uint8_t) { return std::make_unique<Detail::ObjectStates<State>>(*object); };
  law.inOrder = true;
  law.objectPerArgument = objectPerArgument;
  law.budget = options.budget;
  return Detail::linearizable(std::move(law));
}

}  // namespace

Predicate linearizableRegister(SentReader sent, ReceivedReader received, LinearizableOptions options) {
  const auto read = [](std::string& value, std::string_view, Result result) { return !result || *result == value; };
  const auto write = [](std::string& value, std::string_view written, Result) { return value = written, true; };
  return lawOf<std::string>(options.initial, {read, write, read, read}, std::move(sent), std::move(received), options);
}

Predicate linearizableCounter(SentReader sent, ReceivedReader received, LinearizableOptions options) {
  const auto read = [](std::int64_t& sum, std::string_view, Result result) {
    return !result || numberIn(*result) == sum;
  };
  const auto add = [read](std::int64_t& sum, std::string_view added, Result result) {
    sum += numberIn(added);
    return read(sum, added, result);
  };
  return lawOf<std::int64_t>(numberIn(options.initial), {read, read, add, read}, std::move(sent), std::move(received),
                             options);
}

/// Each element is an object of its own.
Predicate linearizableSet(SentReader sent, ReceivedReader received, LinearizableOptions options) {
  const auto read = [](bool& there, std::string_view, Result result) {
    return !result || (*result == "true") == there;
  };
  const auto become = [read](bool now) {
    return [read, now](bool& there, std::string_view element, Result result) {
      const bool fits = read(there, element, result);
      there = now;
      return fits;
    };
  };
  return lawOf<bool>(false, {read, become(false), become(true), become(false)}, std::move(sent), std::move(received),
                     options, true);
}

}  // namespace Party::Sim
