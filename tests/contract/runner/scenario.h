#pragma once

#include "fields.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace Party::Contract {

/// A room of this run: its id as in the URL, and its party.
struct RoomName {
  std::string party;
  std::string id;
};

/// Header fields by their name in lower case; nothing means that there is no such field.
using ExpectedHeaders = std::map<std::string, std::optional<std::string>>;

struct ConnectStep {
  std::string channel;
  std::string target;             // of the request, without `_pk`
  std::optional<std::string> id;  // the `_pk` that is put before the rest of the query
  ExpectedHeaders headers;        // nothing: without the one that is always there
  std::string method = "GET";
  bool answersClose = true;
  bool expectOpen = false;
};
struct SendStep {
  enum class As : std::uint8_t { text, bytes, frames };
  std::string channel;
  As as = As::text;
  std::string content;
};
struct CloseStep {
  std::string channel;
  std::optional<std::uint16_t> code;
  std::string reason;
};
/// `drop`: the client's side is gone at once. `end`: it says that it will send no more.
struct BreakStep {
  std::string channel;
  bool orderly = false;
};
struct RequestStep {
  std::string channel;
  std::string target;
  std::string method;
  ExpectedHeaders headers;
  std::string body;
};
struct WaitStep {
  std::chrono::milliseconds length{};
};
struct QuietStep {};
struct HibernateStep {
  RoomName room;
  bool possible = true;
};
struct RestartStep {};

/// What is expected of a channel.
struct Expected {
  enum class Kind : std::uint8_t { nothing, open, answer, text, json, bytes, pong, close, lost, ended };
  Kind kind = Kind::nothing;
  std::optional<std::string> content;  // text, bytes, pong, reason or body; nothing: any
  std::optional<Json> json;            // the text, or the body, as a value
  std::optional<int> code;             // status or close code; an empty close frame has none
  ExpectedHeaders headers;
};
struct ExpectStep {
  std::string channel;
  Expected expected;
  bool now = false;     // nothing: look at once, without letting things come to rest
  bool ignore = false;  // neither this nor what this channel observes from here on
};
/// What is expected of a room's report since the last time.
struct ReportStep {
  RoomName room;
  std::vector<std::string> lines;
  std::vector<std::string> only;     // when given, lines that begin with none of these words are passed over
  std::vector<std::string> without;  // lines that begin with one of these words are passed over
  bool contains = false;             // each of the lines is there, in any order
  bool now = false;
  bool ignore = false;
};

/// One step. `because` names the difference when what is expected is not what other arms show.
struct Step {
  std::variant<ConnectStep, SendStep, CloseStep, BreakStep, RequestStep, WaitStep, QuietStep, HibernateStep,
               RestartStep, ExpectStep, ReportStep>
      what;
  std::string because;
};

/// One scenario: a title, the rules it shows, and its steps as they are written, since their meaning depends on the
/// room and the arm they run in.
struct Scenario {
  std::string file;
  std::string title;
  std::vector<std::string> rules;
  std::vector<std::string> parties;            // one run for each
  std::vector<std::string> arms;               // where it runs
  std::map<std::string, std::string> because;  // arm: why it does not run there
  std::map<std::string, std::string> differs;  // arm: the difference that explains another outcome
  std::string roomSuffix;
  bool restIgnored = false;
  Json steps;
  Place place;  // of the steps
};

}  // namespace Party::Contract
