#include <fmt/format.h>
#include <party/sim/judge.h>
#include <party/sim/world.h>

#include <algorithm>
#include <exception>

#include "crash_oracle.h"
#include "failed_assertion.h"
#include "handler_name.h"

namespace Party::Sim {
namespace {

constexpr std::string_view noExpectationFails = "no expectation fails";

Finding failed(Finding::Kind kind, std::string_view law, FailedExpectation expectation) {
  std::string how = std::move(expectation.text);
  if (!how.starts_with(expectation.place)) how = fmt::format("{}:\n{}", expectation.place, how);
  return Finding{kind, std::string(law), std::move(how), std::nullopt, std::move(expectation.place)};
}

/// Looks at the moments of one life through the laws of a property.
class LawWitness final : public Witness {
 public:
  LawWitness(const Property& property, std::vector<bool>& seen, Undecided& undecided, Witness* beside,
             ExpectationWatch* expectations)
      : property_(property), seen_(seen), undecided_(undecided), beside_(beside), expectations_(expectations) {
    met_.resize(property.laws().size(), false);
  }

  void afterStep(const View& view) override {
    if (!property_.laws().empty()) look(view);
    if (beside_ != nullptr) beside_->afterStep(view);
    claim(noExpectationFails);
  }
  bool atQuiet(const View& view) override {
    if (property_.laws().empty()) return false;
    look(view);
    if (!quietSince_) quietSince_ = view.world().now();
    const Duration waited = view.world().now() - *quietSince_;
    bool waiting = false;
    for (std::size_t i = 0; i < property_.laws().size(); ++i) {
      const Law& law = property_.laws()[i];
      if (law.when != Law::When::eventually || met_[i]) continue;
      const Verdict verdict = verdictOf(law, view);
      note(verdict);
      if (verdict.holds()) {
        met_[i] = true;
      } else if (waited >= law.within) {
        report(law, verdict);
      } else {
        waiting = true;
      }
    }
    return waiting && !finding_;
  }

  std::optional<Finding> finding() && { return std::move(finding_); }
  /// Of the whole life, now that it is over: the first check that failed.
  std::optional<Finding> expectation(const Life& life) && {
    claim(noExpectationFails);
    if (!failed_ && !life.assertions.empty()) note(noExpectationFails, life.assertions.front());
    return std::move(failed_);
  }

 private:
  /// What failed since the last call belongs to `where`.
  void claim(std::string_view where) {
    if (expectations_ == nullptr) return;
    auto news = expectations_->take();
    if (!news.empty()) note(where, std::move(news.front()));
  }
  void note(std::string_view where, FailedExpectation expectation) {
    if (!failed_) failed_ = failed(Finding::Kind::expectation, where, std::move(expectation));
  }
  Verdict verdictOf(const Law& law, const View& view) {
    claim(noExpectationFails);
    Verdict verdict = true;
    try {
      verdict = law.holds(view);
    } catch (const rc::detail::CaseResult& thrown) {
      if (Detail::isFailure(thrown)) note(law.name, Detail::expectationOf(thrown));
      if (thrown.type == rc::detail::CaseResult::Type::Discard) verdict = Verdict::undecided(thrown.description);
      if (law.when == Law::When::never && verdict.decided()) verdict = false;
    }
    claim(law.name);
    return verdict;
  }
  void look(const View& view) {
    for (std::size_t i = 0; i < property_.laws().size(); ++i) {
      const Law& law = property_.laws()[i];
      // What was seen need not be looked for any more; but a check in it must not depend on the lives before.
      const bool known = law.when == Law::When::sometimes && seen_[i] && expectations_ == nullptr;
      if (law.when == Law::When::eventually || known) continue;
      const Verdict verdict = verdictOf(law, view);
      if (law.when == Law::When::sometimes) {  // without a conclusion it has not been seen: no need to count it
        seen_[i] = seen_[i] || (verdict.holds() && verdict.decided());
        continue;
      }
      note(verdict);
      if (verdict.holds() == (law.when == Law::When::never)) {
        report(law, verdict);
      }
    }
  }
  void note(const Verdict& verdict) {
    if (!verdict.decided()) undecided_ = {undecided_.times + 1, verdict.how()};
  }
  void report(const Law& law, const Verdict& verdict) {
    if (finding_) return;
    const char* usual = law.when == Law::When::never        ? "it happened"
                        : law.when == Law::When::eventually ? "it did not come true in time"
                                                            : "it did not hold";
    finding_ = Finding{Finding::Kind::law, law.name, verdict.how().empty() ? usual : verdict.how(), std::nullopt};
  }

  const Property& property_;
  std::vector<bool>& seen_;
  Undecided& undecided_;
  Witness* beside_;
  ExpectationWatch* expectations_;
  std::vector<bool> met_;
  std::optional<Time> quietSince_;
  std::optional<Finding> finding_;
  std::optional<Finding> failed_;
};

std::optional<Finding> automaticFinding(const Life& life, const Property& property) {
  if (!life.violations.empty()) {
    return Finding{Finding::Kind::neverLegal, "the library keeps its own promises", life.violations.front(),
                   std::nullopt};
  }
  if (!life.errors.empty() && property.shape().handlerErrors) {
    const HandlerError& error = life.errors.front();
    return Finding{Finding::Kind::handlerError, "no error leaves a handler",
                   fmt::format("{} of {} threw: {}", Detail::nameOf(error.handler), error.room, error.text),
                   std::nullopt};
  }
  if (!life.sleepless.empty() && property.shape().residence) {
    return Finding{Finding::Kind::cost, "a quiet room can sleep", life.sleepless.front(), std::nullopt};
  }
  if (!life.stranded.empty() && property.shape().stranding) {
    return Finding{Finding::Kind::stranded, "what is due wakes its room", life.stranded.front(), std::nullopt};
  }
  return std::nullopt;
}

bool has(const Scenario& scenario, Verb verb) {
  return std::ranges::find(scenario.steps, verb, &Step::verb) != scenario.steps.end();
}

/// A sentence without what differs from life to life: a number is `#`, what stands in quotation marks is gone. A mark
/// behind a letter is an apostrophe.
std::string withoutDetails(std::string_view sentence) {
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  std::string kept;
  for (std::size_t at = 0; at < sentence.size(); ++at) {
    const char here = sentence[at];
    const bool opens = here == '"' || (here == '\'' && (at == 0 || !isLetter(sentence[at - 1])));
    if (opens) at = std::min(sentence.find(here, at + 1), sentence.size());
    while (isDigit(here) && at + 1 < sentence.size() && isDigit(sentence[at + 1])) ++at;
    kept += isDigit(here) ? '#' : here;
  }
  return kept;
}

}  // namespace

bool Finding::sameAs(const Finding& other) const {
  if (kind != other.kind || law != other.law || place != other.place) return false;
  if (kind != Kind::handlerError && kind != Kind::neverLegal) return true;
  return withoutDetails(how) == withoutDetails(other.how);
}

const char* nameOf(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::hibernation:
      return "hibernation";
    case Finding::Kind::crash:
      return "crash";
    case Finding::Kind::repeat:
      return "repeated alarm";
    case Finding::Kind::cost:
      return "cost";
    case Finding::Kind::stranded:
      return "stranded";
    case Finding::Kind::handlerError:
      return "handler error";
    case Finding::Kind::neverLegal:
      return "never legal";
    case Finding::Kind::law:
      return "law";
    case Finding::Kind::expectation:
      return "expectation";
    case Finding::Kind::generator:
      return "generator";
  }
  return "?";
}

LifeOptions judgedLife(const Scenario& scenario) {
  const bool crashes = Detail::judgedByCrash(scenario);
  LifeOptions options;
  options.hibernations = !crashes;
  options.freeAlarms = has(scenario, Verb::repeatAlarm) && !crashes;
  options.freeWakes = (has(scenario, Verb::hibernate) && !crashes) || options.freeAlarms;
  options.strangers = crashes || options.freeAlarms;
  return options;
}

Totals& Totals::operator+=(const Totals& other) {
  lives += other.lives;
  statistics += other.statistics;
  cutShort += other.cutShort;
  undecided.times += other.undecided.times;
  if (other.undecided.times > 0) undecided.why = other.undecided.why;
  unclearCrashes += other.unclearCrashes;
  return *this;
}

Sides sidesOf(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::crash:
      return {"finished", "crashed"};
    case Finding::Kind::repeat:
      return {"once", "twice"};
    default:
      return {"awake", "hibernated"};
  }
}

Judge::Judge(Host::Parties parties, const Property& property)
    : property_(property), stage_(std::move(parties), property.shape().peers), seen_(property.laws().size(), false) {}

Life Judge::play(const Scenario& scenario, const LifeOptions& options) {
  ++totals_.lives;
  Life life = stage_.play(scenario, options);
  totals_.statistics += life.statistics;
  totals_.cutShort += life.cutShort ? 1 : 0;
  return life;
}

std::unique_ptr<ExpectationWatch> Judge::watch() const {
  const auto& make = property_.shape().expectations;
  return make ? make() : nullptr;
}

std::optional<Finding> Judge::examine(const Scenario& scenario, Witness* beside) {
  const auto expectations =
      watch();  // also over the twins: some of them are made up, and what fails there says nothing
  LawWitness witness(property_, seen_, totals_.undecided, beside, expectations.get());
  LifeOptions options = judgedLife(scenario);
  const bool crashes = Detail::judgedByCrash(scenario);
  options.witness = &witness;
  const Life life = play(scenario, options);
  if (life.cutShort) return std::nullopt;
  if (auto finding = std::move(witness).expectation(life)) return finding;
  if (property_.shape().ownLawsOnly) return std::move(witness).finding();
  if (auto finding = automaticFinding(life, property_)) return finding;
  if (auto finding = std::move(witness).finding()) return finding;
  options.witness = nullptr;  // who asked for more time gets it without asking again
  options.length = life.length;
  if (crashes) return crashFinding(scenario, life, options);
  if (auto finding = sleepFinding(scenario, life, options)) return finding;
  return repeatFinding(scenario, life, options);
}

std::optional<Finding> Judge::crashFinding(const Scenario& scenario, const Life& life, const LifeOptions& options) {
  auto verdict = Detail::judgeCrash(life, options, property_.shape().projections,
                                    [&](const LifeOptions& how) { return play(scenario, how); });
  if (verdict.kind == Detail::CrashVerdict::Kind::unclear && life.crash) ++totals_.unclearCrashes;
  if (verdict.kind != Detail::CrashVerdict::Kind::unexplained) return std::nullopt;
  const auto& difference = *verdict.difference;
  std::string how = fmt::format(
      "{}: {} if everything under way had been finished, {} after the crash; and no other account of it fits",
      difference.where, difference.without, difference.with);
  return Finding{Finding::Kind::crash, "a crash loses nothing that was seen, and leaves nothing half done",
                 std::move(how), std::move(verdict.difference)};
}

std::optional<Finding> Judge::repeatFinding(const Scenario& scenario, const Life& life, LifeOptions options) {
  if (!options.freeAlarms || life.disturbedRepeats) return std::nullopt;
  options.alarmRepeats = false;
  const Life once = play(scenario, options);
  if (once.cutShort || once.unsettled || life.unsettled) return std::nullopt;
  auto difference = differenceAfterwards(once, life, property_.shape().projections, false);
  if (!difference) return std::nullopt;
  std::string how = fmt::format("{}: {} when the alarm comes once, {} when it comes twice", difference->where,
                                difference->without, difference->with);
  return Finding{Finding::Kind::repeat, "an alarm that comes twice changes nothing twice", std::move(how),
                 std::move(difference)};
}

std::optional<Finding> Judge::sleepFinding(const Scenario& scenario, const Life& life, LifeOptions options) {
  if (life.statistics.count(Verb::hibernate) == 0) return std::nullopt;
  options.hibernations = false;
  const Life awake = play(scenario, options);
  if (awake.cutShort) return std::nullopt;
  auto difference = firstDifference(awake, life, property_.shape().projections);
  if (!difference) return std::nullopt;
  std::string how = fmt::format("{}: {} when the room stays awake, {} when it hibernates", difference->where,
                                difference->without, difference->with);
  return Finding{Finding::Kind::hibernation, "hibernation changes nothing", std::move(how), std::move(difference)};
}

Scenario Judge::madeUp(const std::function<Scenario()>& makeUp, std::optional<Finding>& finding) const {
  constexpr std::string_view law = "no expectation fails while a life is made up";
  const auto expectations = watch();
  Scenario scenario;
  try {
    scenario = makeUp();
  } catch (const rc::detail::CaseResult& thrown) {
    if (!Detail::isFailure(thrown)) throw;
    finding = failed(Finding::Kind::generator, law, Detail::expectationOf(thrown));
  }
  if (!expectations || finding) return scenario;
  auto all = expectations->take();
  if (!all.empty()) finding = failed(Finding::Kind::generator, law, std::move(all.front()));
  return scenario;
}

std::optional<std::string> Judge::nondeterminism(const Scenario& scenario) {
  const auto expectations = watch();
  LifeOptions options;
  options.trace = TraceMode::hashOnly;
  const auto first = play(scenario, options).traceHash;
  // The second life lives elsewhere in memory: an order that depends on addresses has its chance to differ.
  const std::vector<std::string> shift(17, std::string(104, ' '));
  Stage elsewhere(stage_.parties(), stage_.peers());
  totals_.lives += 1;
  if (elsewhere.play(scenario, options).traceHash == first) return std::nullopt;

  options.trace = TraceMode::full;
  play(scenario, options);
  const auto one = stage_.world().trace().lines();
  elsewhere.play(scenario, options);
  const auto two = elsewhere.world().trace().lines();
  const auto [a, b] = std::ranges::mismatch(one, two);
  if (a == one.end() && b == two.end())
    return "two lives of one scenario had different trace hashes, and then the same trace";
  return fmt::format("record {} of the trace is \"{}\" in one life and \"{}\" in another of the same scenario",
                     a - one.begin() + 1, a == one.end() ? "missing" : *a, b == two.end() ? "missing" : *b);
}

}  // namespace Party::Sim
