/// What does one event cost in a room's machine, without network, disk and simulator?

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <party/host/room_machine.h>
#include <party/party.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "fake_host.h"
#include "parties.h"

namespace Bench {
namespace {

const Party::Message text{"64 bytes, as chat messages often are: not a word, not a book ..."};

template <Party::Worker Server>
Party::Host::PartyDescriptor party() {
  return Party::Detail::describe<Server>("main");
}

std::uint64_t rounds(const benchmark::State& state) { return static_cast<std::uint64_t>(state.iterations()); }
std::uint32_t connections(const benchmark::State& state) { return static_cast<std::uint32_t>(state.range(0)); }

void perDelivery(benchmark::State& state, std::uint32_t recipients) {
  state.counters["per_recipient"] = benchmark::Counter(static_cast<double>(rounds(state)) * recipients,
                                                       benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// A handler that does nothing, called: the price of an event.
template <Party::Worker Server>
void message(benchmark::State& state) {
  FakeHost host(party<Server>());
  std::size_t effects = 0;
  for (auto _ : state) effects += host.handle(Party::Host::MessageReceived{host.keyOf(0), text}).size();
  expect(state, effects == 0, "a handler that does nothing asked for something");
}
BENCHMARK(message<Quiet>)->Name("message/noHandlerWork");
BENCHMARK(message<QuietCoroutine>)->Name("message/emptyCoroutine");

void echo(benchmark::State& state) {
  FakeHost host(party<Echo>());
  for (auto _ : state) host.say(text);
  expect(state, host.received(0) == rounds(state), "not every message was echoed");
}
BENCHMARK(echo);

/// Up to the effect: the host gets one list for all.
void broadcastAsked(benchmark::State& state) {
  FakeHost host(party<Shout>(), connections(state));
  std::uint64_t reached = 0;
  for (auto _ : state) {
    auto& effects = host.handle(Party::Host::MessageReceived{host.keyOf(0), text});
    reached += std::get<Party::Host::Broadcast>(effects.front().body).sockets.size();
  }
  expect(state, reached == rounds(state) * connections(state), "a broadcast did not reach everyone");
}
BENCHMARK(broadcastAsked)->Arg(10)->Arg(1'000)->Arg(10'000);

/// With a host that visits every recipient.
template <Party::Worker Server>
void broadcast(benchmark::State& state) {
  FakeHost host(party<Server>(), connections(state));
  for (auto _ : state) host.say(text);
  expect(state, host.received(connections(state) - 1) == rounds(state), "a broadcast did not reach the last one");
  perDelivery(state, connections(state));
}
BENCHMARK(broadcast<Shout>)->Name("broadcast")->Arg(10)->Arg(1'000)->Arg(10'000);
BENCHMARK(broadcast<ShoutToOthers>)->Name("broadcast/withoutSender")->Arg(10)->Arg(1'000)->Arg(10'000);

/// Two events: the message, whose output is held, and the commit that lets it go.
BENCHMARK(broadcast<WriteAndShout>)->Name("storage/putBroadcastCommit")->Arg(10)->Arg(1'000)->Arg(10'000);
BENCHMARK(broadcast<StoredCount>)->Name("storage/getPutBroadcastCommit")->Arg(1)->Arg(10)->Arg(1'000);

/// One in a hundred connections carries the tag.
template <Party::Worker Server>
void tag(benchmark::State& state) {
  FakeHost host(party<Server>(), connections(state));
  for (auto _ : state) host.say(text);
  const bool right = host.received(100) == rounds(state) && host.received(101) == 0;
  expect(state, right, "a message reached whom it was not for, or not whom it was for");
  perDelivery(state, connections(state) / 100);
}
BENCHMARK(tag<SendToTag>)->Name("tag/send")->Arg(1'000)->Arg(10'000);
BENCHMARK(tag<LoopOverTag>)->Name("tag/loop")->Arg(1'000)->Arg(10'000);

/// Hibernate, and wake with the next message.
template <Party::Worker Server>
void evictAndReload(benchmark::State& state) {
  FakeHost host(party<Server>());
  host.say(text);
  const std::uint64_t before = host.machine().status().instances;
  for (auto _ : state) {
    host.carryOut(host.handle(Party::Host::HibernateRequested{}));
    host.say(text);
  }
  expect(state, host.machine().status().instances == before + rounds(state), "the room did not sleep every time");
}
BENCHMARK(evictAndReload<Quiet>)->Name("evictAndReload/noOnStart");
BENCHMARK(evictAndReload<Remembering>)->Name("evictAndReload/onStartReads");

/// One comes and one goes, in a room of so many others: the newest, or the one that has been there longest.
void joinAndLeave(benchmark::State& state) {
  const bool oldest = state.range(1) != 0;
  FakeHost host(party<Quiet>(), connections(state));
  std::uint32_t next = connections(state);
  std::uint32_t leaving = oldest ? 0 : next;
  for (auto _ : state) {
    host.connect(next);
    host.lose(leaving);
    if (!oldest) continue;
    next = leaving;  // the index is free again
    leaving = leaving == connections(state) ? 0 : leaving + 1;
  }
  expect(state, host.machine().status().connections == connections(state), "connections were lost or kept");
}
BENCHMARK(joinAndLeave)->ArgNames({"others", "oldest"})->Args({0, 0})->Args({10'000, 0})->Args({10'000, 1});

std::size_t heapInUse() {
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;  // in chunks, and in maps of their own
}

/// Carries one tag: all the same, or each one of its own.
class OneTag : public Quiet {
 public:
  using Quiet::Quiet;
  Party::Task<std::vector<std::string>> getConnectionTags(Party::Connection connection,
                                                          Party::ConnectionContext) override {
    const bool own = connection.uri().contains("own-tag");
    return std::vector<std::string>{own ? "tag of " + std::string(connection.id()) : "the tag of everyone"};
  }
};

/// 80 bytes, with an id of 36 at their end.
std::string longUrl(std::uint32_t number, bool ownTag) {
  std::string id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + number);
  std::string url = std::string("http://example.com/party/") + (ownTag ? "own-tag" : "a-lobby") + "-----?_pk=";
  url.insert(url.size() - 5, 80 - url.size() - id.size(), '-');
  return url + id;
}

/// Not time but bytes (glibc's count of the heap): what sleeping rooms without connections keep, each, and what each
/// connection adds to a room that sleeps, beside its socket.
void bytesAsleep(benchmark::State& state) {
  constexpr std::uint32_t many = 100'000;
  const bool ownTag = state.range(0) != 0;
  double empty = 0, perConnection = 0;
  for (auto _ : state) {
    const std::size_t before = heapInUse();
    {
      std::vector<std::unique_ptr<FakeHost>> asleep;
      asleep.reserve(many);
      for (std::uint32_t i = 0; i < many; ++i) {
        asleep.push_back(std::make_unique<FakeHost>(party<Quiet>(), 1));
        asleep.back()->lose(0);
        asleep.back()->handle(Party::Host::HibernateRequested{});
      }
      const std::size_t host = sizeof(FakeHost) + asleep.back()->ownHeapBytes() + sizeof asleep[0];
      empty = static_cast<double>(heapInUse() - before) / many - static_cast<double>(host);
    }
    FakeHost crowded(party<OneTag>(), 0);
    const std::size_t without = heapInUse();
    for (std::uint32_t i = 0; i < many; ++i) crowded.connect(i, longUrl(i, ownTag));
    crowded.handle(Party::Host::HibernateRequested{});
    perConnection = static_cast<double>(heapInUse() - without - crowded.ownHeapBytes()) / many;
    expect(state, !crowded.machine().status().instance, "the room does not sleep");
    expect(state, crowded.machine().status().connections == many, "somebody is missing");
  }
  state.counters["empty_room"] = empty;
  state.counters["per_connection"] = perConnection;
}
BENCHMARK(bytesAsleep)->ArgName("ownTag")->Arg(0)->Arg(1)->Iterations(1);

}  // namespace
}  // namespace Bench
