/// What is the least that simulating one event can cost: a heap of events in virtual time and one virtual call?

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

namespace Bench {
namespace {

using Text = std::shared_ptr<const std::string>;

/// Counts up and scrambles: enough for latencies and senders.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t bits = state_ += 0x9e3779b97f4a7c15u;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return (bits ^ (bits >> 31)) % bound;
  }

 private:
  std::uint64_t state_;
};

/// Whoever a message reaches: a room or a client.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void onMessage(std::uint64_t now, const Text& text) = 0;
};

struct Delivery {
  std::uint64_t at;
  std::uint64_t sequence;
  Receiver* to;
  Text text;
  bool operator>(const Delivery& other) const { return std::tie(at, sequence) > std::tie(other.at, other.sequence); }
};

class Agenda {
 public:
  explicit Agenda(std::uint64_t seed) : chance(seed) {}

  void send(std::uint64_t at, Receiver& to, const Text& text) { heap_.push({at, sequence_++, &to, text}); }
  std::uint64_t run() {
    std::uint64_t events = 0;
    for (; !heap_.empty(); ++events) {
      const Delivery next = heap_.top();
      heap_.pop();
      now = next.at;
      next.to->onMessage(next.at, next.text);
    }
    return events;
  }

  Chance chance;
  std::uint64_t now = 0;

 private:
  std::priority_queue<Delivery, std::vector<Delivery>, std::greater<>> heap_;
  std::uint64_t sequence_ = 0;
};

class Client final : public Receiver {
 public:
  void onMessage(std::uint64_t, const Text& text) override { bytes += text->size(); }
  std::uint64_t bytes = 0;
  std::uint64_t lastArrival = 0;
};

/// Passes each message on to everyone, 1 to 5 ms later; no message to a client overtakes another.
class Room final : public Receiver {
 public:
  Room(Agenda& agenda, std::size_t size) : clients(size), agenda_(agenda) {}
  void onMessage(std::uint64_t now, const Text& text) override {
    for (Client& client : clients) {
      client.lastArrival = std::max(client.lastArrival, now + 1'000 + agenda_.chance.below(4'001));
      agenda_.send(client.lastArrival, client, text);
    }
  }
  std::vector<Client> clients;

 private:
  Agenda& agenda_;
};

constexpr std::size_t batch = 8;  // messages on the way at a time

/// So many clients, so many messages in all, each to everyone. Returns how many events that took.
std::uint64_t live(std::uint64_t seed, std::size_t clients, std::size_t messages, std::uint64_t& bytes) {
  Agenda agenda(seed);
  Room room(agenda, clients);
  std::uint64_t events = 0;
  for (std::size_t sent = 0; sent < messages;) {
    for (std::size_t i = 0; i < batch && sent < messages; ++i, ++sent) {
      const auto text = std::make_shared<const std::string>(64, 'x');
      agenda.send(agenda.now + 1'000 + agenda.chance.below(4'001), room, text);
    }
    events += agenda.run();
  }
  for (const Client& client : room.clients) bytes += client.bytes;
  return events;
}

/// A life of about 10,000 events.
void events(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  const std::size_t messages = 10'000 / (clients + 1);
  std::uint64_t happened = 0;
  std::uint64_t bytes = 0;
  std::uint64_t seed = 0;
  for (auto _ : state) happened += live(++seed, clients, messages, bytes);
  if (bytes != seed * clients * messages * 64) state.SkipWithError("a message did not reach everyone");
  state.SetItemsProcessed(static_cast<std::int64_t>(happened));
}
BENCHMARK(events)->Name("floor/events")->Arg(10)->Arg(100)->Arg(1'000);

/// A world of 10 clients and 10 messages: 110 events.
void freshWorld(benchmark::State& state) {
  std::uint64_t bytes = 0;
  std::uint64_t seed = 0;
  for (auto _ : state) live(++seed, 10, 10, bytes);
  if (bytes != seed * 10 * 10 * 64) state.SkipWithError("a message did not reach everyone");
}
BENCHMARK(freshWorld)->Name("floor/freshWorld");

}  // namespace
}  // namespace Bench
