#pragma once

#include <party/sim/commands.h>
#include <party/sim/property.h>
#include <party/worker.h>
#include <rapidcheck.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// A party in a file of its own, as something to try the simulator on: with a mistake that it should find, or without.
///
/// ```
/// class Board : public Party::Server { … };
///
/// PARTY_SUBJECT(Board) {
///   id(1);                        // of the mistake; a control has none
///   knownMinimum(4);              // the fewest steps that show it
///   clients(1, 3);                // and whatever else a `Party::Sim::Property` has
/// }
/// ```
/// The file is linked to `Party::sim_main` and is then a program with the commands `simulate`, `replay` and `describe`.
/// Compiled with `-DFIXED` the mistake is not in it.

namespace Party::Sim {

class Subject : public Property {
 public:
  using Property::Property;

  /// The number by which the mistake is known.
  Subject& id(std::uint32_t number) { return id_ = number, *this; }
  /// The steps of the shortest scenario known to show it.
  Subject& knownMinimum(std::uint32_t steps) { return knownMinimum_ = steps, *this; }
  /// A further party, which the first one may call.
  template <Worker Server>
  Subject& party(std::string name) {
    others_.push_back(Party::Detail::describe<Server>(std::move(name)));
    return *this;
  }

  std::optional<std::uint32_t> id() const { return id_; }
  std::optional<std::uint32_t> knownMinimum() const { return knownMinimum_; }
  const Host::Parties& others() const { return others_; }

 private:
  std::optional<std::uint32_t> id_;
  std::optional<std::uint32_t> knownMinimum_;
  Host::Parties others_;
};

/// A subject and the parties it is played with; the first is the one that is tried.
struct SubjectEntry {
  std::string name;
  Host::Parties parties;
  std::shared_ptr<const Subject> subject;
  SourcePlace place;
};

/// What the main of `Party::sim_main` does: exit codes as for `commands`.
int runSubject(const SubjectEntry& entry, const std::string& program, const std::vector<std::string>& arguments);

}  // namespace Party::Sim

/// The one subject of this program: defined by PARTY_SUBJECT.
Party::Sim::SubjectEntry partySubject();

#define PARTY_SUBJECT(Class)                                                           \
  struct Class##_Subject_Property final : ::Party::Sim::Subject {                      \
    Class##_Subject_Property() : Subject(#Class) { define(); }                         \
    void define();                                                                     \
    static ::Party::Host::Parties parties() { return partySubject().parties; }         \
  };                                                                                   \
  ::Party::Sim::SubjectEntry partySubject() {                                          \
    const auto subject = std::make_shared<const Class##_Subject_Property>();           \
    ::Party::Host::Parties parties = ::Party::parties<Class>("main");                  \
    parties.insert(parties.end(), subject->others().begin(), subject->others().end()); \
    return {#Class, std::move(parties), subject, {__FILE__, __LINE__}};                \
  }                                                                                    \
  void Class##_Subject_Property::define()
