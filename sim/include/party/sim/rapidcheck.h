#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/judge.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>
#include <rapidcheck/Gen.h>
#include <rapidcheck/gen/Arbitrary.h>

#include <iosfwd>
#include <optional>
#include <string_view>

/// Scenarios for rapidcheck's own runner, in any test framework it knows.
///
/// ```
/// RC_GTEST_PROP(Chat, SurvivesAnything, (Party::Sim::Scenario scenario)) {
///   RC_ASSERT(Party::Sim::survives(scenario, Party::parties<Chat>("main")));
/// }
/// ```
/// A failing scenario is shrunk by the moves of `Party::Sim::shrink`, and printed as text for a regression test.
/// PARTY_PROPERTY of <party/sim/gtest.h> tries more lives in the same time, and says what was different.

namespace Party::Sim {

/// Lives of a party, in the shape that a property gives them: its clients, messages, faults. Longer with rapidcheck's
/// size, up to the property's `steps` at 100.
/// ```
/// const auto scenario = *Party::Sim::scenarios(parties, Property().clients(2, 5), "chat");
/// ```
/// Throws `Party::Error` when `party` is not among `parties`.
rc::Gen<Scenario> scenarios(const Host::Parties& parties, const Property& property = Property(),
                            std::string_view party = "main");
/// The same of a party about which nothing is known but that it is called "main": there may be requests and alarms. A
/// scenario that names a party which is not there is played with the first there is.
rc::Gen<Scenario> scenarios();

/// Whether a scenario broke a law, as something RC_ASSERT can print.
struct Survival {
  std::optional<Finding> finding;

  explicit operator bool() const { return !finding.has_value(); }
};

/// Plays a scenario and judges it by the laws of the property and those that are always on. An RC_ASSERT that fails in
/// a handler, a law or a peer is a finding; an EXPECT_EQ is one when the property has a watch
/// (`Property::expectations`), and GoogleTest's affair otherwise.
Survival survives(const Scenario& scenario, const Host::Parties& parties, const Property& property = Property());

/// How rapidcheck prints them.
void showValue(const Scenario& scenario, std::ostream& out);
void showValue(const Survival& survival, std::ostream& out);

}  // namespace Party::Sim

/// Lives of a party called "main".
template <>
struct rc::Arbitrary<Party::Sim::Scenario> {
  static rc::Gen<Party::Sim::Scenario> arbitrary() { return Party::Sim::scenarios(); }
};
