#pragma once

#include <party/message.h>
#include <party/sim/expectations.h>
#include <party/sim/peer.h>
#include <party/sim/projection.h>
#include <party/sim/scenario.h>
#include <party/sim/view.h>
#include <party/time.h>
#include <rapidcheck/Gen.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What must hold in every life of a party, and what those lives are made of.

namespace Party::Sim {

/// What a law says of a moment: it holds, or it is broken, perhaps with a sentence about how.
class Verdict {
 public:
  Verdict(bool holds) : holds_(holds) {}
  static Verdict broken(std::string how) {
    Verdict verdict(false);
    verdict.how_ = std::move(how);
    return verdict;
  }
  /// The law would take too long to judge this life: nothing is broken, but the run says how often that was so.
  static Verdict undecided(std::string why) {
    Verdict verdict(true);
    verdict.how_ = std::move(why);
    return verdict;
  }
  bool holds() const { return holds_; }
  bool decided() const { return !holds_ || how_.empty(); }
  const std::string& how() const { return how_; }

 private:
  bool holds_;
  std::string how_;
};

using Predicate = std::function<Verdict(const View&)>;

struct Law {
  enum class When : std::uint8_t {
    always,      ///< after every step, and when all has become quiet
    never,       ///< its opposite
    eventually,  ///< within a time after the last step, once nothing is on the way any more
    sometimes    ///< at some moment of some life; a run in which it was never seen fails
  };
  When when = When::always;
  std::string name;
  Predicate holds;
  Duration within{};
};

/// A model as a property takes it: see <party/sim/model.h>.
struct Followed {
  std::string law;
  rc::Gen<std::string> messages;
  /// Changes commands of a random life that would not be possible where they stand.
  std::function<void(Scenario&)> steer;
  Duration within{};
  Predicate holds;
};

/// Laws, and the shape of the random lives in which they are tried.
///
/// These laws are always on and need no code, and each can be turned off:
///
/// - hibernation changes nothing a client sees and nothing on disk, for parties that hibernate;
/// - a crash loses nothing that anybody saw, and leaves nothing half done;
/// - an alarm that comes twice, as at-least-once delivery allows, changes nothing twice;
/// - a room that hibernates can do so when all has been quiet for a minute;
/// - what is due wakes its room (see `Room::expectWakeBy`);
/// - no error leaves a handler.
class Property {
 public:
  explicit Property(std::string name = "party") : name_(std::move(name)) {}

  /// How many clients a life has, at least and at most; 16 is the limit.
  Property& clients(std::uint32_t atLeast, std::uint32_t atMost);
  /// 1 without a call; 8 is the limit.
  Property& rooms(std::uint32_t atMost);
  /// How many steps a life has at most, without those that only let a room sleep.
  Property& steps(std::uint32_t atMost);
  /// At least `least` of them too; without, at least three.
  Property& steps(std::uint32_t least, std::uint32_t atMost);
  /// Text messages come from this generator alone. Without one: short texts, and some that are long or odd.
  Property& messages(rc::Gen<std::string> texts);
  /// The same for the bodies of POST requests.
  Property& requests(rc::Gen<std::string> bodies);
  /// The URL's query of a connect step: `channels=a,b`, without the question mark. Without a call there is none.
  Property& connects(rc::Gen<std::string> queries);
  /// Somebody outside, whom `room().fetch` reaches in every life: see `World::peer`. With a peer, more
  /// than half of the lives have slow calls, and a quarter loses some.
  Property& peer(std::string origin, PeerAnswer answer);
  /// Lives without crashes, lost connections, failed commits or slowness. Rooms still hibernate.
  Property& withoutFaults();
  /// Errors that leave a handler are no failure.
  Property& allowHandlerErrors();
  /// Hibernation is not tried.
  Property& withoutHibernation();
  /// Crashes need no explanation.
  Property& withoutCrashes();
  /// A room that hibernates may be kept in memory, by an interval for instance, though nothing happens.
  Property& allowResidence();
  /// A room may be left with something due and no alarm for it.
  Property& allowStranding();
  /// No alarm comes twice.
  Property& withoutAlarmRepeats();
  /// Everything happens as always, and only the laws of this property are judged.
  Property& onlyOwnLaws();

  /// Messages that a party makes of what it keeps in memory on purpose; they may differ when a room has slept. Every
  /// other law still sees them.
  Property& volatileMessages(MessagePredicate which);
  /// Messages of one kind, such as a whole state sent again and again, of which only the last over each connection must
  /// be the same when a room has slept. May be called for several kinds.
  Property& eventuallyEqual(MessagePredicate which);
  /// What is stored under keys that begin so may differ when a room has slept.
  Property& volatileKeys(std::string prefix);

  /// The party does what a model of it does: a `Party::Sim::Model`. Its commands are what clients send, unless
  /// `messages` says otherwise.
  Property& follows(Followed model);

  /// Failed checks of a test framework in laws, generators, handlers and peers break the property. PARTY_PROPERTY of
  /// <party/sim/gtest.h> calls this.
  Property& expectations(ExpectationWatchMaker watch);

  Property& always(std::string name, Predicate holds);
  Property& never(std::string name, Predicate happens);
  Property& eventually(std::string name, Duration within, Predicate holds);
  Property& sometimes(std::string name, Predicate happens);

  const std::string& name() const { return name_; }
  const std::vector<Law>& laws() const { return laws_; }
  struct Shape {
    std::uint8_t minClients = 1;
    std::uint8_t maxClients = 4;
    std::uint8_t rooms = 1;
    std::uint32_t minSteps = 3;
    std::uint32_t steps = 24;
    bool faults = true;
    bool hibernation = true;
    bool crashes = true;
    bool alarmRepeats = true;
    bool stranding = true;
    bool residence = true;
    bool handlerErrors = true;
    bool ownLawsOnly = false;
    std::optional<rc::Gen<std::string>> messages;
    std::optional<rc::Gen<std::string>> requests;
    std::optional<rc::Gen<std::string>> connects;
    Peers peers;
    Projections projections;
    ExpectationWatchMaker expectations;
    std::vector<std::function<void(Scenario&)>> steering;
  };
  const Shape& shape() const { return shape_; }

 private:
  Property& law(Law::When when, std::string name, Predicate holds, Duration within = {});

  std::string name_;
  std::vector<Law> laws_;
  Shape shape_;
};

/// All open clients of a room make the same of what they have seen: `fold` turns the messages of a client's present
/// connection into any value that can be compared.
template <class Fold>
Predicate sameFold(Fold fold) {
  return [fold](const View& view) -> Verdict {
    const auto open = view.openClients();
    for (std::size_t a = 0; a < open.size(); ++a) {
      for (std::size_t b = a + 1; b < open.size(); ++b) {
        if (open[a].room() != open[b].room() || fold(open[a].messages()) == fold(open[b].messages())) continue;
        return Verdict::broken(std::string(open[a].name()) + " and " + std::string(open[b].name()) + " differ in " +
                               roomName(open[a].room()));
      }
    }
    return true;
  };
}

/// No client sees the same message twice over one connection.
Predicate noDuplicates();

}  // namespace Party::Sim
