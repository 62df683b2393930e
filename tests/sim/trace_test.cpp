#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/trace.h>
#include <party/sim/world.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "fixed_life.h"
#include "trace_reader.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;

Trace traceOf(std::uint64_t seed, TraceMode mode = TraceMode::full) {
  World world(allParties(), Seed{seed}, stressed().trace(mode));
  liveFixedLife(world);
  return world.trace();
}

std::string what(const std::string& file) {
  try {
    Trace::parse(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// The standing test of determinism.
TEST(Traces, OfTwoWorldsInOneProcessWithOneSeedAreEqual) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World first(allParties(), Seed{seed}, stressed());
    World second(allParties(), Seed{seed}, stressed());
    liveFixedLife(first);
    liveFixedLife(second);
    ASSERT_EQ(first.trace().lines(), second.trace().lines()) << "seed " << seed;
    ASSERT_EQ(first.trace().hash(), second.trace().hash());
    ASSERT_GT(first.trace().size(), 100u);
  }
}

TEST(Traces, OfAWorldThatWasResetAreThoseOfAFreshOne) {
  World used(allParties(), Seed{99}, stressed());
  liveFixedLife(used);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    used.reset(Seed{seed});
    liveFixedLife(used);
    ASSERT_EQ(used.trace().lines(), traceOf(seed).lines());
    ASSERT_EQ(used.trace(), traceOf(seed));
  }
}

TEST(Traces, OfDifferentSeedsDiffer) {
  EXPECT_NE(traceOf(1).hash(), traceOf(2).hash());
  EXPECT_NE(World(Seed{1}).trace().hash(), World(Seed{2}).trace().hash()) << "even before anything has happened";
}

TEST(Traces, KeptAsAHashOnlyHaveTheSameHashAndCannotBeSaved) {
  const Trace full = traceOf(3);
  const Trace hashed = traceOf(3, TraceMode::hashOnly);
  EXPECT_EQ(hashed.hash(), full.hash());
  EXPECT_EQ(hashed.size(), 0u);
  EXPECT_THROW(hashed.bytes(), Error);
  EXPECT_EQ(traceOf(3, TraceMode::off).size(), 0u);
}

TEST(Traces, ShowWhoDidWhatAndTheTextOfErrors) {
  World world(allParties(), Seed{1});
  auto ann = world.connect("clock", "tower", ClientOptions().id("ann"));
  ann.send("fail");
  ann.send("100");
  world.advance(1s);
  const std::string text = world.trace().text();
  EXPECT_NE(text.find("clock/tower  MessageReceived  connection 0  message \"fail\""), std::string::npos) << text;
  EXPECT_NE(text.find("handler \"onAlarm\"  what \"the clock is broken\""), std::string::npos) << text;
  const std::string json = world.trace().jsonLines();
  EXPECT_NE(json.find("\"what\":\"send\",\"client\":\"ann\""), std::string::npos) << json;
}

TEST(Traces, AreReadBackAsTheyWereWritten) {
  const Trace trace = traceOf(5);
  EXPECT_EQ(Trace::parse(trace.bytes()), trace);
  const auto path = std::filesystem::temp_directory_path() / "party_trace_test.trace";
  trace.save(path);
  const Trace loaded = Trace::load(path);
  std::filesystem::remove(path);
  EXPECT_EQ(loaded, trace);
  EXPECT_EQ(loaded.text(), trace.text());
  EXPECT_EQ(loaded.seed(), Seed{5});
}

TEST(Traces, ThatAreMissingOrUnwritableAreASentence) {
  EXPECT_THROW(Trace::load("/nowhere/at/all.trace"), Error);
  EXPECT_THROW(traceOf(1).save("/nowhere/at/all.trace"), Error);
}

TEST(HostileTraces, OfAnotherKindAreRefusedWithASentence) {
  EXPECT_EQ(what(""), "this is no trace: it does not begin with PARTYTRC");
  EXPECT_EQ(what("PARTYTR"), "this is no trace: it does not begin with PARTYTRC");
  EXPECT_EQ(what("PARTYTRCxx"), "this trace is cut: its head has 56 bytes, the file 10");
  std::string newer = traceOf(1).bytes();
  newer[8] = 9;
  EXPECT_EQ(what(newer), "this trace has format 9, this program reads 1 and 2");
}

TEST(HostileTraces, CutAnywhereAreRefused) {
  const std::string file = traceOf(1).bytes();
  for (std::size_t size = 0; size < file.size(); size += size < 100 ? 1 : 997) {
    EXPECT_THROW(Trace::parse(file.substr(0, size)), Error) << size;
  }
}

TEST(HostileTraces, WithAnyByteChangedAreRefused) {
  const std::string file = traceOf(1).bytes();
  for (std::size_t at = 0; at < file.size(); at += at < 100 ? 1 : 499) {
    std::string broken = file;
    broken[at] = static_cast<char>(broken[at] ^ 0x20);
    EXPECT_THROW(Trace::parse(broken), Error) << at;
  }
}

// What an attacker writes behind a hash that fits: the reader alone stands between those bytes and the page.
std::string whatOfRecords(std::string_view records) {
  try {
    Sim::Detail::TraceReader reader(records, Time());
    while (reader.next()) {
    }
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(HostileTraces, WithRecordsThatAreNoneAreRefusedAtTheirByte) {
  using namespace std::string_view_literals;
  EXPECT_EQ(whatOfRecords("\xff"sv), "this trace is broken at byte 1 of its records: there is no such kind of record");
  EXPECT_EQ(whatOfRecords("\x00"sv), "this trace is broken at byte 1 of its records: it ends inside a record");
  EXPECT_EQ(whatOfRecords("\x00\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"sv),
            "this trace is broken at byte 11 of its records: a number has more than 64 bits");
  EXPECT_EQ(whatOfRecords("\x00\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv),
            "this trace is broken at byte 10 of its records: no life is so long");
  // A room whose name would have 2^62 bytes.
  EXPECT_EQ(whatOfRecords("\x00\x00\x00\x80\x80\x80\x80\x80\x80\x80\x80\x40"sv),
            "this trace is broken at byte 12 of its records: a text is longer than a trace keeps");
}

TEST(HostileTraces, OfRandomBytesNeverDoMoreThanThrow) {
  int refused = 0;
  for (std::uint64_t life = 0; life < 3000; ++life) {
    std::string records;
    for (std::uint64_t i = 0; i < 60; ++i) {
      const std::uint64_t draw = Host::mix(1, 2, life, i);
      records += static_cast<char>(draw % 3 == 0 ? draw >> 8 : (draw >> 8) % 80);
    }
    refused += whatOfRecords(records).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 2000);
}

}  // namespace
