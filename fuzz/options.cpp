// Whatever is typed behind `serve`, as a seed, as a length of time or as a size of `--exhaustive` is taken within its
// limits or refused with a sentence of one exit code.

#include "options.h"

#include "exit_codes.h"

#include <party/error.h>
#include <party/sim/every_order.h>
#include <party/sim/explore.h>
#include <party/sim/seed.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "input.h"

namespace {

void checkServe(Input input) {
  std::vector<std::string> arguments;
  while (!input.empty()) {
    arguments.emplace_back(input.line());
    const std::string_view last = arguments.back();
    if (last.starts_with("--help") || last.starts_with("-h")) return;  // is printed
  }
  try {
    const auto options = Party::Serve::parseOptions(arguments, "party serve");
    demand(options.has_value(), "only help ends without options");
    demand(options->shards >= 1 && options->shards <= 256, "there are 1 to 256 shards");
    demand(options->profile.maxMessageBytes >= 1 && options->profile.maxMessageBytes <= std::size_t{1} << 30,
           "a message has a limit");
    demand(options->webSocket.messageBytes == options->profile.maxMessageBytes, "a message has one limit");
    demand(options->http.bodyBytes <= std::size_t{1} << 30, "a body has a limit");
    demand(!Party::Serve::describe(*options).empty(), "what is taken can be shown");
  } catch (const Party::Serve::Refusal& refusal) {
    demand(refusal.exitCode == Party::Serve::ExitCode::usage && *refusal.what() != '\0', "a refusal is a sentence");
  }
}

void checkSeed(std::string_view text) {
  try {
    const auto seed = Party::Sim::Seed::parse(text);
    demand(Party::Sim::Seed::parse(seed.text()) == seed, "a seed survives its text");
  } catch (const Party::Error&) {
  }
}

void checkTime(std::string_view text) {
  try {
    const auto time = Party::Sim::parseTime(text);
    demand(time.count() >= 0 && time <= std::chrono::days(1), "a time is at most a day");
  } catch (const Party::Error&) {
  }
}

void checkSchedule(std::string_view text) {
  try {
    demand(Party::Sim::parseSchedule(text) <= Party::Sim::Schedule::pct, "there are three schedules");
  } catch (const Party::Error&) {
  }
}

void checkOrders(std::string_view text) {
  try {
    const auto orders = Party::Sim::parseOrders(text);
    demand(orders.gaps.size() <= 3, "each gap is named once");
  } catch (const Party::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input(data, size);
  checkServe(input);
  checkSeed(input.rest());
  checkTime(input.rest());
  checkSchedule(input.rest());
  checkOrders(input.rest());
  return 0;
}
