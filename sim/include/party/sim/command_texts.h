#pragma once

#include <party/sim/linearizable.h>
#include <party/sim/scenario.h>
#include <rapidcheck/Gen.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace Party::Sim::Detail {

/// The texts in which a model's commands and their answers travel.
class CommandTexts {
 public:
  using IdOf = std::function<std::string(std::string_view text)>;
  /// Nothing for what is no answer, an empty id when it does not say to what.
  using IdOfAnswer = std::function<std::optional<std::string>(std::string_view text)>;

  void add(std::string text, std::optional<rc::Gen<std::string>> arguments, bool answered);
  void answers(IdOfAnswer idOfAnswer, IdOf idOfCommand = {});

  /// Any command, each as often as another.
  rc::Gen<std::string> messages() const;
  /// How a life is read.
  Dialogue dialogue() const;
  /// Goes through the commands of a scenario as if each were carried out where it is sent. `take` carries one out, or
  /// refuses: then another is drawn for the step, for a few times.
  void steer(Scenario& scenario,
             const std::function<bool(std::uint8_t room, std::size_t command, std::string_view argument)>& take) const;

 private:
  struct Text {
    std::string text;
    std::optional<rc::Gen<std::string>> arguments;
    bool answered = true;
  };
  std::optional<std::size_t> commandIn(std::string_view message) const;
  std::string_view argumentIn(std::size_t command, std::string_view message) const {
    return message.substr(texts_[command].text.size());
  }

  std::vector<Text> texts_;
  IdOf idOfCommand_;
  IdOfAnswer idOfAnswer_ = [](std::string_view) { return std::optional<std::string>(""); };
};

}  // namespace Party::Sim::Detail
