#pragma once

#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/breakpoint.h>
#include <party/sim/explore.h>
#include <party/sim/gtest_watch.h>
#include <party/sim/judge.h>
#include <party/sim/property.h>
#include <party/sim/report.h>
#include <party/sim/sweep.h>
#include <party/worker.h>

#include <cstdio>
#include <string>
#include <string_view>

/// Properties of parties as GoogleTest tests.
///
/// ```
/// PARTY_PROPERTY(Game, EveryoneSeesTheSameScore) {   // a class derived from Party::Server, in scope by one name
///   clients(2, 5);
///   messages(rc::gen::element<std::string>("score", "reset"));
///   always("nothing comes twice", Party::Sim::noDuplicates());
///   sometimes("someone reconnected", [](const auto& view) { return view.reconnects() > 0; });
/// }
/// ```
/// `EXPECT_*` and RC_ASSERT count wherever a property's code runs, in laws, generators, handlers and peers: a life in
/// which one fails is shrunk, and reported once. `ASSERT_*` only ends the function it stands in, as always.
///
/// PARTY_SEED, PARTY_LIVES, PARTY_TIME and PARTY_JOBS choose seed, budget and threads, PARTY_CORPUS a folder of
/// failures to play first: see `ExploreOptions`, also for what a law may capture. PARTY_REPORT is the folder for the
/// page about a failure; PARTY_BREAK_AT_STEP=3 stops a debugger right before that step of a regression test. A test
/// report comes from GoogleTest itself: `--gtest_output=xml:FILE`.

/// One test: random lives, faults on, one second unless the environment says otherwise. The body calls the members of
/// `Party::Sim::Property`.
#define PARTY_PROPERTY(Class, Name)                                                                                \
  struct Class##_##Name##_Property final : ::Party::Sim::Property {                                                \
    Class##_##Name##_Property() : Property(#Class "." #Name) {                                                     \
      expectations(::Party::Sim::GoogleTestWatch::make);                                                           \
      define();                                                                                                    \
    }                                                                                                              \
    void define();                                                                                                 \
    static ::Party::Host::Parties parties() { return ::Party::parties<Class>("main"); }                            \
  };                                                                                                               \
  TEST(Class, Name) {                                                                                              \
    ::Party::Sim::Detail::tryProperty(Class##_##Name##_Property(), ::Party::parties<Class>("main"), #Class, #Name, \
                                      {__FILE__, __LINE__});                                                       \
  }                                                                                                                \
  void Class##_##Name##_Property::define()

/// A scenario that once broke a property or a subject which stands above it in the same file, as its report printed
/// it.
#define PARTY_REGRESSION(Class, Name, Title, scenario)                                                                \
  TEST(Class, Name##_##Title) {                                                                                       \
    EXPECT_TRUE(::Party::Sim::survives(scenario, Class##_##Name##_Property::parties(), Class##_##Name##_Property())); \
  }

/// A scenario written by hand, with every single fault at every place, against a property that stands above it in the
/// same file: see `Party::Sim::sweep`.
#define PARTY_SWEEP(Class, Name, Title, scenario)                                                                    \
  TEST(Class, Name##_##Title) {                                                                                      \
    ::Party::Sim::Detail::sweepProperty(scenario, Class##_##Name##_Property(), Class##_##Name##_Property::parties(), \
                                        #Class, #Name, {__FILE__, __LINE__});                                        \
  }

/// ASSERT_* does not compile in a coroutine. PARTY_ASSERT ends a Task<> handler after a failure, PARTY_REQUIRE any
/// handler, by throwing.
#define PARTY_ASSERT(condition)                                 \
  do {                                                          \
    const bool partyAssertHolds = static_cast<bool>(condition); \
    EXPECT_TRUE(partyAssertHolds) << #condition;                \
    if (!partyAssertHolds) co_return;                           \
  } while (false)
#define PARTY_REQUIRE(condition)                                                                 \
  do {                                                                                           \
    const bool partyRequireHolds = static_cast<bool>(condition);                                 \
    EXPECT_TRUE(partyRequireHolds) << #condition;                                                \
    if (!partyRequireHolds) throw ::Party::Error("a requirement of a test failed: " #condition); \
  } while (false)

namespace Party::Sim {

namespace Detail {

/// With the checks of GoogleTest, when the property has none.
inline Property withExpectations(Property property) {
  if (!property.shape().expectations) property.expectations(GoogleTestWatch::make);
  return property;
}

}  // namespace Detail

/// True when the scenario, as text or as a code, breaks no law of the property nor one that is always on.
inline testing::AssertionResult survives(std::string_view scenario, const Host::Parties& parties,
                                         const Property& property = Property()) {
  const auto read = Scenario::parse(scenario);
  if (!read) return testing::AssertionFailure() << "the scenario cannot be read: " << read.error();
  const GoogleTestWatch stray;  // of lives that are only looked at
  try {
    if (const auto step = stepToBreakAt()) {
      if (const auto wrong = breakAtStep(*read, *step, parties, property.shape().peers)) {
        return testing::AssertionFailure() << *wrong;
      }
    }
  } catch (const Error& error) {
    return testing::AssertionFailure() << error.what();
  }
  const Property watched = Detail::withExpectations(property);
  const auto finding = Judge(parties, watched).examine(*read);
  if (!finding) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "broken: " << finding->law << "\n  " << finding->how << "\n"
                                     << stepTable(*read);
}

namespace Detail {

inline void reportTo(const Exploration& result, const Property& property, const Host::Parties& parties,
                     const char* suite, const char* name, const SourcePlace& place) {
  if (result.failure) {
    const Failure& failure = *result.failure;
    ReportContext context{.program = "", .suite = suite, .property = name, .peers = property.shape().peers, .page = ""};
    {
      const GoogleTestWatch stray;  // of the life on the page
      context.page = writeReportPage(failure.finding, failure.minimal, parties, context, reportFolder());
    }
    const std::string text = reportText(failure, result.seed, parties, context);
    std::fputs(annotation("broken: " + failure.finding.law, text, place).c_str(), stdout);
    ADD_FAILURE_AT(place.file.c_str(), place.line) << text;
  } else if (result.divergent) {
    ADD_FAILURE() << "not deterministic: " << result.divergence << "\n" << result.divergent->text();
  }
  for (const std::string& file : result.fixed) std::printf("fixed, and may be removed: %s\n", file.c_str());
  for (const std::string& why : result.unreadable) ADD_FAILURE() << "a kept failure cannot be read: " << why;
}

inline void sweepProperty(std::string_view scenario, const Property& property, const Host::Parties& parties,
                          const char* suite, const char* name, const SourcePlace& place) {
  const auto read = Scenario::parse(scenario);
  if (!read) {
    ADD_FAILURE() << "the scenario cannot be read: " << read.error();
    return;
  }
  SweepOptions options;
  options.jobs = withEnvironment(ExploreOptions()).jobs;
  const Sweep swept = [&] {
    const GoogleTestWatch stray;  // of the life that shows how many unfinished moments there are
    return sweep(withExpectations(property), parties, *read, options);
  }();
  reportTo(swept.result, property, parties, suite, name, place);
  ::testing::Test::RecordProperty("variants", std::to_string(swept.tried));
}

inline void tryProperty(const Property& property, const Host::Parties& parties, const char* suite, const char* name,
                        const SourcePlace& place) {
  const auto result = explore(property, parties, parties.front().name, withEnvironment(ExploreOptions()));
  reportTo(result, property, parties, suite, name, place);
  for (const std::string& law : result.unseen) {
    ADD_FAILURE() << "never seen in " << result.lives << " lives: " << law;
  }
  if (result.verdict == Verdicts::tooFewLives) {
    ADD_FAILURE() << result.lives << " lives are too few for a verdict, " << fewestLives
                  << " are needed: raise PARTY_LIVES or PARTY_TIME";
  }
  if (result.undecided.times > 0) {
    std::printf("%s.%s: %llu times a law came to no conclusion: %s\n", suite, name,
                static_cast<unsigned long long>(result.undecided.times), result.undecided.why.c_str());
  }
  ::testing::Test::RecordProperty("lives", std::to_string(result.lives));
}

}  // namespace Detail
}  // namespace Party::Sim
