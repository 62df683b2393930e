#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/explore.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// A scenario written by hand, tried with every single fault at every place.

namespace Party::Sim {

struct SweepOptions {
  /// Also every two of the faults together: many times as many.
  bool pairs = false;
  /// Ends the sweep early; without it everything is tried.
  std::optional<std::chrono::milliseconds> time;
  /// As in `ExploreOptions`.
  std::uint32_t jobs = 0;
  std::chrono::milliseconds shrinkTime{1'000};
  bool progress = true;
};

struct Sweep {
  /// `pass`, `propertyFailed` or `nonDeterminism`. The failure's number counts the variants, 0 for the scenario itself.
  Exploration result;
  /// How many variants there are, the scenario itself included, and how many of them were tried.
  std::uint64_t variants = 0;
  std::uint64_t tried = 0;
  /// Unfinished moments that no `crashInside` can name, because more than 64 lie between two steps.
  std::uint64_t momentsLeftOut = 0;

  bool complete() const { return tried == variants && momentsLeftOut == 0; }
  /// `all 87 variants of the scenario with one fault, 301 lives, 0 violations`
  std::string certificate() const;
  bool pairs = false;
};

/// Judges the scenario as it is, then with one fault more: at each place between two steps, right after the one before
/// and right before the next, whatever a platform does there (hibernation, crash, reset, a commit that fails or whose
/// reply is lost, an alarm that comes twice) or happens to a client that has come (cut off, gone without a word, a
/// breach of protocol, a connection that replaces its own); a crash at each unfinished moment between them; and each
/// kind of slowness throughout. What the property turns off is not tried. The variants and their order depend on the
/// scenario and the party alone.
Sweep sweep(const Property& property, const Host::Parties& parties, const Scenario& scenario,
            const SweepOptions& options = {});

/// A scenario to sweep for who has none: a visit of two clients in which nothing goes wrong, made from the property's
/// generators. Throws `Party::Error` when no party is called so.
Scenario quietVisit(const Property& property, const Host::Parties& parties, std::string_view party,
                    std::uint64_t seed = 1);

}  // namespace Party::Sim
