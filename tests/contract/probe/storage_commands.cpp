#include "script_run.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

/// The commands that reach the room's storage, or the transaction in which the script runs. With `"await": false` a
/// command is issued and its answer forgotten.

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

GetOptions readingOf(const Json& command) {
  return GetOptions()
      .allowConcurrency(field(command, "allowConcurrency", false))
      .noCache(field(command, "noCache", false));
}

PutOptions writingOf(const Json& command) {
  return PutOptions()
      .allowConcurrency(field(command, "allowConcurrency", false))
      .allowUnconfirmed(field(command, "allowUnconfirmed", false));
}

ListOptions listOptionsOf(const Json& command) {
  ListOptions options;
  if (command.contains("start")) options.start(field<std::string>(command, "start"));
  if (command.contains("startAfter")) options.startAfter(field<std::string>(command, "startAfter"));
  if (command.contains("end")) options.end(field<std::string>(command, "end"));
  if (command.contains("prefix")) options.prefix(field<std::string>(command, "prefix"));
  if (command.contains("reverse")) options.reverse(field<bool>(command, "reverse"));
  if (command.contains("limit")) options.limit(field<std::int64_t>(command, "limit"));
  options.allowConcurrency(field(command, "allowConcurrency", false));
  options.noCache(field(command, "noCache", false));
  return options;
}

}  // namespace

KeyValueStore& ScriptRun::store(const Json& command) const {
  if (occasion_.transaction == nullptr || field(command, "direct", false)) return room().storage();
  return *occasion_.transaction;
}

Task<> ScriptRun::get(const Json& command) {
  if (command.contains("keys")) {
    auto keys = field<std::vector<std::string>>(command, "keys");
    auto several = store(command).getMany<Json>(std::move(keys), readingOf(command));
    if (!awaited(command)) co_return;
    const Listing<Json> found = co_await std::move(several);
    add(pairsOf(found));
    co_return;
  }
  auto one = store(command).get<Json>(field<std::string>(command, "key"), readingOf(command));
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
    auto written = store(command).putMany(entries, writingOf(command));
    if (awaited(command)) co_await std::move(written);
    co_return;
  }
  const auto key = field<std::string>(command, "key");
  const auto value = field<Json>(command, "value");
  auto written = store(command).put(key, value, writingOf(command));
  if (awaited(command)) co_await std::move(written);
}

Task<> ScriptRun::remove(const Json& command) {
  if (command.contains("keys")) {
    auto keys = field<std::vector<std::string>>(command, "keys");
    auto several = store(command).removeMany(std::move(keys), writingOf(command));
    if (!awaited(command)) co_return;
    const std::size_t count = co_await std::move(several);
    add(count);
    co_return;
  }
  auto one = store(command).remove(field<std::string>(command, "key"), writingOf(command));
  if (!awaited(command)) co_return;
  const bool was = co_await std::move(one);
  add(was);
}

Task<> ScriptRun::list(const Json& command) {
  const ListOptions options = listOptionsOf(command);
  auto listing = store(command).list<Json>(options);
  if (!awaited(command)) co_return;
  const Listing<Json> found = co_await std::move(listing);
  add(pairsOf(found));
}

Task<> ScriptRun::deleteAll(const Json& command) {
  const bool within = occasion_.transaction != nullptr && !field(command, "direct", false);
  auto removed = within ? occasion_.transaction->deleteAll() : room().storage().deleteAll();
  if (awaited(command)) co_await std::move(removed);
}

// The closure is a coroutine of its own, without captures of value: it lives as long as this handler waits for it.
Task<> ScriptRun::transaction(const Json& command) {
  const Json script = field<Json>(command, "script");
  const bool takesBack = field(command, "rollback", false);
  Json results;
  const auto closure = [&](Transaction& within) { return runWithin(within, script, takesBack, results); };
  auto transaction = room().storage().transaction(closure);
  co_await std::move(transaction);
  add(results);
}

Task<> ScriptRun::runWithin(Transaction& within, const Json& script, bool takesBack, Json& results) {
  Occasion occasion = occasion_;
  occasion.transaction = &within;
  ScriptRun run(std::move(occasion));
  co_await run.run(script);
  if (takesBack) within.rollback();
  results = run.results();
}

Task<> ScriptRun::sync(const Json& command) {
  auto durable = room().storage().sync();
  if (awaited(command)) co_await std::move(durable);
}

Task<> ScriptRun::getAlarm(const Json& command) {
  auto alarm = store(command).getAlarm();
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
  auto written = store(command).setAlarm(time, writingOf(command));
  if (awaited(command)) co_await std::move(written);
}

Task<> ScriptRun::deleteAlarm(const Json& command) {
  auto written = store(command).deleteAlarm(writingOf(command));
  if (awaited(command)) co_await std::move(written);
}

}  // namespace Party::Contract
