#include "journal.h"

#include <string>
#include <type_traits>
#include <variant>

#include "error_text.h"

namespace Party::Sim::Detail {
namespace {

template <class T, class Variant>
inline constexpr std::size_t indexIn = 0;
template <class T, class... Types>
inline constexpr std::size_t indexIn<T, std::variant<Types...>> = [] {
  constexpr bool same[] = {std::is_same_v<T, Types>...};
  std::size_t index = 0;
  while (!same[index]) ++index;
  return index;
}();

/// Two ranges of records that follow each other in a variant.
struct Ranges {
  Record first;
  Record last;
  Record thenFirst;
  Record thenLast;

  constexpr std::size_t split() const { return static_cast<std::size_t>(last) - static_cast<std::size_t>(first) + 1; }
  constexpr std::size_t size() const {
    return split() + static_cast<std::size_t>(thenLast) - static_cast<std::size_t>(thenFirst) + 1;
  }
  constexpr Record at(std::size_t index) const {
    return static_cast<Record>(index < split() ? static_cast<std::size_t>(first) + index
                                               : static_cast<std::size_t>(thenFirst) + index - split());
  }
};
constexpr Ranges events{Record::connectRequested, Record::resetRequested, Record::socketOpened, Record::socketLost};
constexpr Ranges effects{Record::connectionAccepted, Record::roomReset, Record::socketRequested, Record::wakeExpected};
static_assert(std::variant_size_v<Host::Event::Body> == events.size());
static_assert(std::variant_size_v<Host::Effect::Body> == effects.size());

void appendKeys(std::string& keys, const Host::UnitWrites& writes) {
  if (writes.deleteAll) keys += "(all keys removed)";
  for (const auto& write : writes.writes) {
    if (!keys.empty()) keys += ' ';
    if (!write.value) keys += '-';
    keys += write.key;
  }
}

/// 0 failed, 1 succeeded, 2 failed without counting.
std::uint64_t outcomeOf(const Host::AlarmSettled& run) {
  if (run.succeeded) return 1;
  return run.counted ? 0 : 2;
}

void appendAlarm(std::string& text, const Host::UnitWrites& writes) {
  if (writes.alarm) text += *writes.alarm ? std::to_string(millisecondsOf(**writes.alarm)) : "none";
}

}  // namespace

void Journal::reset(Seed seed, Time start, TraceMode mode) {
  trace_.seed_ = seed;
  trace_.start_ = start;
  trace_.used_ = 0;
  trace_.count_ = 0;
  trace_.whole_ = mode == TraceMode::full;
  trace_.folded_ = hashOfHead(seed, start);
  last_ = start;
  mode_ = mode;
}

void Journal::grow(std::size_t bytes) {
  trace_.records_.resize(trace_.records_.size() + trace_.records_.size() / 2 + bytes + 4096);
}

void Journal::fold() {
  const std::size_t whole = trace_.used_ / 8 * 8;
  StreamHash hash(trace_.folded_);
  hash.fold({trace_.records_.data(), whole});
  trace_.folded_ = hash.state();
  std::memmove(trace_.records_.data(), trace_.records_.data() + whole, trace_.used_ - whole);
  trace_.used_ -= whole;
}

void Journal::event(Time now, std::uint32_t room, const Host::Event& event, std::uint32_t client) {
  record(events.at(event.body.index()), now).number(room).cause(event.cause);
  std::visit(
      [&]<class T>(const T& body) {
        if constexpr (requires { body.connection; }) number(body.connection.index);
        if constexpr (requires { body.key.value; }) cause(body.key.value);
        if constexpr (requires { body.timer; }) number(body.timer.value);
        if constexpr (requires { body.call; }) number(body.call.value);
        if constexpr (requires { body.socket.value; }) number(body.socket.value);
        if constexpr (requires { body.code; }) number(body.code);
        if constexpr (requires { body.response; }) number(static_cast<std::uint64_t>(body.response.status()));
        if constexpr (requires { body.message; }) content(body.message);
        if constexpr (requires { body.scheduled; }) moment(body.scheduled);
        if constexpr (requires { body.bytes; }) text(body.bytes.view());
        if constexpr (requires { body.unit; }) number(body.unit);
        if constexpr (requires { body.through; }) number(body.through);
        if constexpr (requires { body.reason; }) text(body.reason.view());
        if constexpr (std::is_same_v<T, Host::ConnectRequested>) number(client);
        if constexpr (std::is_same_v<T, Host::RequestReceived>) text(body.request.method()).text(body.request.url());
        if constexpr (std::is_same_v<T, Host::ReadCompleted>) number(body.entries->size());
        if constexpr (std::is_same_v<T, Host::CallSettled>) {
          const auto* response = std::get_if<Response>(&body.outcome->result);
          number(response ? static_cast<std::uint64_t>(response->status()) : 0);
          text(response ? std::string_view() : std::string_view(std::get<std::string>(body.outcome->result)));
        }
      },
      event.body);
}

void Journal::effect(Time now, std::uint32_t room, const Host::Effect& effect) {
  record(effects.at(effect.body.index()), now).number(room).number(effect.unit);
  std::visit(
      [&]<class T>(const T& body) {
        if constexpr (requires { body.connection; }) number(body.connection.index);
        if constexpr (requires { body.key.value; }) cause(body.key.value);
        if constexpr (requires { body.timer; }) number(body.timer.value);
        if constexpr (requires { body.call; }) number(body.call.value);
        if constexpr (requires { body.socket.value; }) number(body.socket.value);
        if constexpr (requires { body.code; }) number(body.code);
        if constexpr (requires { body.answer; }) number(body.answer);
        if constexpr (requires { body.sockets; }) number(body.sockets.size()).number(body.except.size());
        if constexpr (requires { body.response; }) number(static_cast<std::uint64_t>(body.response.status()));
        if constexpr (requires { body.complete; }) number(body.complete);
        if constexpr (requires { body.response; }) text(body.response.body());
        if constexpr (requires { body.message; }) content(body.message);
        if constexpr (requires { body.bytes; }) text(body.bytes.view());
        if constexpr (std::is_same_v<T, Host::TimerSet>) moment(body.due);
        if constexpr (std::is_same_v<T, Host::WakeExpected>) {
          text(body.what.view()).text(body.due ? std::to_string(millisecondsOf(*body.due)) : "none");
        }
        if constexpr (requires { body.scheduled; }) moment(body.scheduled).number(outcomeOf(body));
        if constexpr (requires { body.handler; }) number(static_cast<std::uint64_t>(body.handler));
        if constexpr (requires { body.slot; }) number(body.slot);
        if constexpr (requires { body.level; }) number(static_cast<std::uint64_t>(body.level)).text(body.text.view());
        if constexpr (requires { body.instance; }) number(body.instance);
        if constexpr (requires { body.how; }) number(static_cast<std::uint64_t>(body.how));
        if constexpr (requires { body.reason; }) text(body.reason.view());
        if constexpr (std::is_same_v<T, Host::HandlerFailed>) text(errorText(body.error));
        if constexpr (std::is_same_v<T, Host::CallStarted> || std::is_same_v<T, Host::SocketRequested>)
          text(body.request.method()).text(body.request.url());
        if constexpr (std::is_same_v<T, Host::UnitIssued>) {
          number(body.unit).number(body.writes->writes.size());
          scratch_.clear();
          appendAlarm(scratch_, *body.writes);
          text(scratch_);
          scratch_.clear();
          appendKeys(scratch_, *body.writes);
          text(scratch_);
        }
      },
      effect.body);
}

}  // namespace Party::Sim::Detail
