#include <party/host/chance.h>
#include <party/sim/command_texts.h>
#include <rapidcheck.h>

#include <array>
#include <utility>

namespace Party::Sim::Detail {
namespace {

constexpr std::uint64_t drawnForSteering = 0x5eed'1000;  // far from what the runner, worlds and rooms draw for
constexpr std::uint64_t mostRedraws = 8;

/// Where each client's messages go, as far as the steps show it.
class Whereabouts {
 public:
  void follow(const Step& step) {
    Place& place = places_[step.client];
    switch (step.verb) {
      case Verb::connect:
        if (!place.there) place = {step.room, true};
        return;
      case Verb::reconnect:
        place.there = place.room.has_value();
        return;
      case Verb::close:
      case Verb::drop:
      case Verb::vanish:
      case Verb::breakProtocol:
        place.there = false;
        return;
      case Verb::crash:
        places_ = {};
        return;
      default:
        return;
    }
  }
  std::optional<std::uint8_t> roomOf(std::uint8_t client) const {
    return places_[client].there ? places_[client].room : std::nullopt;
  }

 private:
  struct Place {
    std::optional<std::uint8_t> room;
    bool there = false;
  };
  std::array<Place, Scenario::maxClients> places_{};
};

}  // namespace

void CommandTexts::add(std::string text, std::optional<rc::Gen<std::string>> arguments, bool answered) {
  texts_.push_back({std::move(text), std::move(arguments), answered});
}

void CommandTexts::answers(IdOfAnswer idOfAnswer, IdOf idOfCommand) {
  idOfAnswer_ = std::move(idOfAnswer);
  idOfCommand_ = std::move(idOfCommand);
}

/// Of several that a text begins with, the longest.
std::optional<std::size_t> CommandTexts::commandIn(std::string_view message) const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const Text& each = texts_[i];
    if (each.arguments ? !message.starts_with(each.text) : message != each.text) continue;
    if (!best || each.text.size() > texts_[*best].text.size()) best = i;
  }
  return best;
}

rc::Gen<std::string> CommandTexts::messages() const {
  std::vector<rc::Gen<std::string>> each;
  for (const Text& text : texts_) {
    each.push_back(text.arguments
                       ? rc::gen::map(*text.arguments,
                                      [prefix = text.text](const std::string& argument) { return prefix + argument; })
                       : rc::gen::just(text.text));
  }
  return [each = std::move(each)](const rc::Random& random, int size) {
    rc::Random own = random;
    const auto which = static_cast<std::size_t>(Host::below(own.next(), each.size()));
    return each[which](rc::Random(own.next()), size);
  };
}

Dialogue CommandTexts::dialogue() const {
  Dialogue dialogue;
  dialogue.sent = [texts = *this](const Message& message) -> std::optional<Question> {
    const std::string_view text = message.content();
    const auto command = message.isText() ? texts.commandIn(text) : std::nullopt;
    if (!command) return std::nullopt;
    return Question{*command, std::string(texts.argumentIn(*command, text)),
                    texts.idOfCommand_ ? texts.idOfCommand_(text) : "", std::string(text),
                    texts.texts_[*command].answered};
  };
  dialogue.received = [idOf = idOfAnswer_](const Message& message) -> std::optional<Answer> {
    auto id = message.isText() ? idOf(message.content()) : std::nullopt;
    if (!id) return std::nullopt;
    return Answer{std::string(message.content()), *std::move(id)};
  };
  return dialogue;
}

void CommandTexts::steer(Scenario& scenario,
                         const std::function<bool(std::uint8_t, std::size_t, std::string_view)>& take) const {
  const auto generator = messages();
  Whereabouts clients;
  for (Step& step : scenario.steps) {
    clients.follow(step);
    const auto room = clients.roomOf(step.client);
    if (step.verb != Verb::send || !room) continue;
    const auto taken = [&](std::string_view text) {
      const auto command = commandIn(text);
      return !command || take(*room, *command, argumentIn(*command, text));
    };
    if (taken(step.payload)) continue;
    for (std::uint64_t i = 0; i < mostRedraws; ++i) {
      const std::uint64_t draw = Host::mix(scenario.seed, drawnForSteering, step.id, i);
      std::string other = generator(rc::Random(draw), rc::kNominalSize).value();
      if (other.size() > Scenario::maxPayloadBytes || !taken(other)) continue;
      step.payload = std::move(other);
      step.number = 0;
      break;
    }
  }
}

}  // namespace Party::Sim::Detail
