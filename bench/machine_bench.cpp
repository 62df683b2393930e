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

/// Not time but bytes: what a room that sleeps keeps, empty and per connection (glibc's count of the heap).
void bytesAsleep(benchmark::State& state) {
  constexpr std::uint32_t crowd = 10'000;
  constexpr std::size_t rooms = 100;
  double empty = 0;
  double perConnection = 0;
  for (auto _ : state) {
    const std::size_t before = heapInUse();
    {
      std::vector<std::unique_ptr<FakeHost>> asleep;
      for (std::size_t i = 0; i < rooms; ++i) {
        asleep.push_back(std::make_unique<FakeHost>(party<Quiet>(), 1));
        asleep.back()->lose(0);
        asleep.back()->handle(Party::Host::HibernateRequested{});
      }
      empty = static_cast<double>(heapInUse() - before) / rooms - sizeof(FakeHost);
    }
    FakeHost crowded(party<Quiet>(), crowd);
    crowded.handle(Party::Host::HibernateRequested{});
    perConnection = static_cast<double>(heapInUse() - before) / crowd;
    expect(state, !crowded.machine().status().instance, "the room does not sleep");
  }
  state.counters["empty_room"] = empty;
  state.counters["per_connection"] = perConnection;
}
BENCHMARK(bytesAsleep)->Iterations(1);

}  // namespace
}  // namespace Bench
