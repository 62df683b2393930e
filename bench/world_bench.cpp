/// How fast does a simulated world go, with the never-legal list checked at every step?

#include <benchmark/benchmark.h>
#include <party/sim/world.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parties.h"

namespace Bench {
namespace {

using Party::Sim::Seed;
using Party::Sim::TraceMode;
using Party::Sim::World;
using Party::Sim::WorldOptions;

const Party::Message text{"64 bytes, as chat messages often are: not a word, not a book ..."};
constexpr std::size_t batch = 8;  // messages on the way at a time

/// Connects so many clients, who say so many things in all, each to everyone.
void live(World& world, std::size_t clients, std::size_t messages) {
  std::vector<Party::Sim::Client> crowd;
  crowd.reserve(clients);
  for (std::size_t i = 0; i < clients; ++i) crowd.push_back(world.connect("main", "lobby"));
  world.runUntilQuiet();
  for (std::size_t sent = 0; sent < messages;) {
    for (std::size_t i = 0; i < batch && sent < messages; ++i) crowd[sent++ % clients].send(text);
    world.runUntilQuiet();
  }
}

/// 1 for the 101, and every message.
bool everyoneGot(World& world, std::size_t messages) {
  for (std::uint32_t i = 0; i < world.clientCount(); ++i) {
    if (world.client(i).frames().size() != messages + 1) return false;
  }
  return true;
}

/// A life of about 10,000 events, in a world used again and again.
template <Party::Worker Server>
void events(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  const std::size_t messages = 10'000 / (clients + 1);
  World world(Seed(1), WorldOptions().trace(static_cast<TraceMode>(state.range(1))));
  world.party<Server>("main");
  std::uint64_t happened = 0;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    world.reset(Seed(++seed));
    live(world, clients, messages);
    happened += world.eventCount();
  }
  if (!everyoneGot(world, messages)) state.SkipWithError("a message did not reach everyone");
  state.SetItemsProcessed(static_cast<std::int64_t>(happened));
}
constexpr auto off = static_cast<std::int64_t>(TraceMode::off);
constexpr auto full = static_cast<std::int64_t>(TraceMode::full);
void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"clients", "trace"})->Args({10, off})->Args({10, full})->Args({100, full})->Args({1'000, full});
}
BENCHMARK(events<Shout>)->Name("events/broadcast")->Apply(sizes);
BENCHMARK(events<StoredCount>)->Name("events/getPutBroadcast")->Args({10, off})->Args({10, full});

/// 10 clients connect and say one thing each. Anew: another World each time; otherwise the same one, reset.
template <Party::Worker Server>
void freshWorld(benchmark::State& state) {
  const bool anew = state.range(0) != 0;
  constexpr std::size_t clients = 10;
  const Party::Host::Parties parties = Party::parties<Server>("main");
  World reused(parties);
  std::uint64_t seed = 0;
  bool right = true;
  for (auto _ : state) {
    if (anew) {
      World world(parties, Seed(++seed));
      live(world, clients, clients);
      right = right && world.client(0).frames().size() == clients + 1;
    } else {
      reused.reset(Seed(++seed));
      live(reused, clients, clients);
      right = right && reused.client(0).frames().size() == clients + 1;
    }
  }
  if (!right) state.SkipWithError("a message did not reach everyone");
}
BENCHMARK(freshWorld<Shout>)->Name("freshWorld/broadcast")->ArgName("anew")->Arg(0)->Arg(1);
BENCHMARK(freshWorld<StoredCount>)->Name("freshWorld/getPutBroadcast")->ArgName("anew")->Arg(0)->Arg(1);

/// Hibernate and wake by a message, in a world.
void hibernateAndWake(benchmark::State& state) {
  World world(Seed(1), WorldOptions().trace(TraceMode::hashOnly));
  world.party<Remembering>("main");
  auto client = world.connect("main", "lobby");
  world.runUntilQuiet();
  bool slept = true;
  for (auto _ : state) {
    slept = slept && world.hibernate("main", "lobby");
    client.send(text);
    world.runUntilQuiet();
  }
  if (!slept) state.SkipWithError("the room did not sleep every time");
}
BENCHMARK(hibernateAndWake);

}  // namespace
}  // namespace Bench
