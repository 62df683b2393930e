#include "script_run.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

/// The commands that reach the room's storage. With `"await": false` a command is issued and its answer forgotten.

namespace Party::Contract {
namespace {

bool awaited(const Json& command) { return field(command, "await", true); }

Json pairsOf(const Listing<Json>& found) {
  Json pairs = Json::array();
  for (const auto& [key, value] : found) {
    Json pair = Json::array();
    pair.push_back(key);
    pair.push_back(value);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

ListOptions listOptionsOf(const Json& command) {
  ListOptions options;
  if (command.contains("start")) options.start(field<std::string>(command, "start"));
  if (command.contains("startAfter")) options.startAfter(field<std::string>(command, "startAfter"));
  if (command.contains("end")) options.end(field<std::string>(command, "end"));
  if (command.contains("prefix")) options.prefix(field<std::string>(command, "prefix"));
  if (command.contains("reverse")) options.reverse(field<bool>(command, "reverse"));
  if (command.contains("limit")) options.limit(field<std::int64_t>(command, "limit"));
  return options;
}

}  // namespace

Task<> ScriptRun::get(const Json& command) {
  if (command.contains("keys")) {
    auto keys = field<std::vector<std::string>>(command, "keys");
    auto several = storage().getMany<Json>(std::move(keys));
    if (!awaited(command)) co_return;
    const Listing<Json> found = co_await std::move(several);
    add(pairsOf(found));
    co_return;
  }
  auto one = storage().get<Json>(field<std::string>(command, "key"));
  if (!awaited(command)) co_return;
  const std::optional<Json> found = co_await std::move(one);
  if (!found) {
    Json absent;
    absent["absent"] = true;
    add(absent);
  } else if (field<std::string>(command, "as", "") == "date") {
    Json date;
    date["$date"] = *found;
    add(date);
  } else {
    add(*found);
  }
}

Task<> ScriptRun::put(const Json& command) {
  if (command.contains("entries")) {
    const auto entries = field<std::map<std::string, Json>>(command, "entries");
    auto written = storage().putMany(entries);
    if (awaited(command)) co_await std::move(written);
    co_return;
  }
  const auto key = field<std::string>(command, "key");
  const auto value = field<Json>(command, "value");
  auto written = storage().put(key, value);
  if (awaited(command)) co_await std::move(written);
}

Task<> ScriptRun::remove(const Json& command) {
  if (command.contains("keys")) {
    auto keys = field<std::vector<std::string>>(command, "keys");
    auto several = storage().removeMany(std::move(keys));
    if (!awaited(command)) co_return;
    const std::size_t count = co_await std::move(several);
    add(count);
    co_return;
  }
  auto one = storage().remove(field<std::string>(command, "key"));
  if (!awaited(command)) co_return;
  const bool was = co_await std::move(one);
  add(was);
}

Task<> ScriptRun::list(const Json& command) {
  const ListOptions options = listOptionsOf(command);
  auto listing = storage().list<Json>(options);
  if (!awaited(command)) co_return;
  const Listing<Json> found = co_await std::move(listing);
  add(pairsOf(found));
}

Task<> ScriptRun::sync(const Json& command) {
  auto durable = storage().sync();
  if (awaited(command)) co_await std::move(durable);
}

Task<> ScriptRun::getAlarm(const Json& command) {
  auto alarm = storage().getAlarm();
  if (!awaited(command)) co_return;
  const std::optional<Time> time = co_await std::move(alarm);
  if (!time) {
    add(nullptr);
  } else if (field(command, "exact", false)) {
    add(millisecondsOf(*time));
  } else {
    const auto left = static_cast<double>(millisecondsOf(*time) - millisecondsOf(room().now()));
    Json in;
    in["in"] = std::llround(left / 1'000) * 1'000;
    add(in);
  }
}

Task<> ScriptRun::setAlarm(const Json& command) {
  Time time = room().now();
  if (command.contains("at")) {
    time = timeOfMilliseconds(field<std::int64_t>(command, "at"));
  } else {
    time += std::chrono::milliseconds(field<std::int64_t>(command, "in"));
  }
  auto written = storage().setAlarm(time);
  if (awaited(command)) co_await std::move(written);
}

Task<> ScriptRun::deleteAlarm(const Json& command) {
  auto written = storage().deleteAlarm();
  if (awaited(command)) co_await std::move(written);
}

}  // namespace Party::Contract
