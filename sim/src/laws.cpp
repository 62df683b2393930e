#include <fmt/format.h>
#include <party/sim/laws.h>
#include <party/sim/world.h>

#include <algorithm>

#include "quoted.h"

namespace Party::Sim {
namespace {

std::string shown(std::string_view name) { return Detail::quoted(Detail::shortened(name, 40), true); }

/// The names in what one client got over one of its connections, in order.
std::vector<std::string> namesGot(const ClientView& client, std::uint32_t connection, const NameOf& nameOf) {
  std::vector<std::string> names;
  for (const Frame& frame : client.frames()) {
    if (frame.connection != connection || frame.kind != Frame::Kind::message) continue;
    if (auto name = nameOf(frame.content)) names.push_back(*std::move(name));
  }
  return names;
}

struct Promise {
  Time at;
  std::uint8_t room;
  std::string name;
};

std::vector<Promise> promises(const View& view, const NameOf& acknowledged) {
  std::vector<Promise> all;
  for (const ClientView& client : view.clients()) {
    for (const Frame& frame : client.frames()) {
      if (frame.kind != Frame::Kind::message) continue;
      if (auto name = acknowledged(frame.content)) all.push_back({frame.at, client.room(), *std::move(name)});
    }
  }
  return all;
}

/// When the client's present connection opened; nothing when it is not open.
std::optional<Time> openedAt(const ClientView& client) {
  std::optional<Time> at;
  for (const Frame& frame : client.frames()) {
    if (frame.kind == Frame::Kind::opened) at = frame.at;
  }
  return client.open() ? at : std::nullopt;
}

/// A name and how often: all clients of a room together, and those sends that must arrive at `receiver`.
struct Sends {
  std::map<std::string, std::size_t> all;
  std::map<std::string, std::size_t> certain;
};

/// What was sent over a connection that has lasted reached the room, and all who were there before and still are.
Sends sendsTo(const ClientView& receiver, const View& view, const NameOf& nameOf) {
  Sends sends;
  const auto opened = openedAt(receiver);
  for (const ClientView& sender : view.clients()) {
    if (sender.room() != receiver.room()) continue;
    for (const Sent& sent : sender.sent()) {
      const auto name = nameOf(sent.content);
      if (!name) continue;
      ++sends.all[*name];
      const bool lasted = sender.open() && sent.connection == sender.connections();
      if (lasted && opened && *opened <= sent.at) ++sends.certain[*name];
    }
  }
  return sends;
}

/// Names that stand for more than one message of a room say nothing about order.
std::set<std::string> ambiguous(const View& view, std::uint8_t room, const NameOf& received) {
  std::set<std::string> once;
  std::set<std::string> more;
  const auto count = [&](std::set<std::string>& seen, std::string name) {
    if (!seen.insert(name).second) more.insert(std::move(name));
  };
  for (const ClientView& client : view.clients()) {
    if (client.room() != room) continue;
    for (const Sent& sent : client.sent()) {
      if (auto name = received(sent.content)) count(once, *std::move(name));
    }
    for (std::uint32_t connection = 1; connection <= client.connections(); ++connection) {
      std::set<std::string> here;
      for (std::string& name : namesGot(client, connection, received)) count(here, std::move(name));
    }
  }
  return more;
}

struct Order {
  std::string_view client;
  std::uint8_t room;
  std::vector<std::string> names;
};

/// Two names that come in one order here and in the other there.
std::optional<std::pair<std::string, std::string>> swapped(const Order& one, const Order& other) {
  std::map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < other.names.size(); ++i) places.try_emplace(other.names[i], i);
  std::optional<std::size_t> last;
  for (const std::string& name : one.names) {
    const auto place = places.find(name);
    if (place == places.end()) continue;
    if (last && place->second < *last) return std::pair(other.names[*last], name);
    last = place->second;
  }
  return std::nullopt;
}

}  // namespace

Predicate noLostAcknowledgedMessage(NameOf acknowledged, NamesOf snapshot) {
  return [acknowledged = std::move(acknowledged), snapshot = std::move(snapshot)](const View& view) -> Verdict {
    const auto promised = promises(view, acknowledged);
    for (const ClientView& client : view.clients()) {
      for (const Frame& frame : client.frames()) {
        if (frame.kind != Frame::Kind::message) continue;
        const auto names = snapshot(frame.content);
        if (!names) continue;
        const Time begun = client.connectedAt(frame.connection);
        for (const Promise& promise : promised) {
          if (promise.room != client.room() || promise.at > begun || names->contains(promise.name)) continue;
          return Verdict::broken(fmt::format("{} connected to {} after {} was acknowledged, and does not get it",
                                             client.name(), roomName(client.room()), shown(promise.name)));
        }
      }
    }
    return true;
  };
}

Predicate exactlyOnce(NameOf sent, NameOf received) {
  return [sent = std::move(sent), received = std::move(received)](const View& view) -> Verdict {
    for (const ClientView& client : view.clients()) {
      const Sends sends = sendsTo(client, view, sent);
      for (std::uint32_t connection = 1; connection <= client.connections(); ++connection) {
        std::map<std::string, std::size_t> got;
        for (const std::string& name : namesGot(client, connection, received)) ++got[name];
        for (const auto& [name, times] : got) {
          const auto all = sends.all.find(name);
          const std::size_t allowed = all == sends.all.end() ? 0 : all->second;
          if (times <= allowed) continue;
          return Verdict::broken(fmt::format("{} got {} {} times in {}, and it was sent {} times", client.name(),
                                             shown(name), times, roomName(client.room()), allowed));
        }
        if (connection != client.connections()) continue;
        for (const auto& [name, times] : sends.certain) {
          if (got[name] >= times) continue;
          return Verdict::broken(fmt::format("{} got {} {} times in {}, and it was sent there {} times since it came",
                                             client.name(), shown(name), got[name], roomName(client.room()), times));
        }
      }
    }
    return true;
  };
}

Predicate totalOrder(NameOf received) {
  return [received = std::move(received)](const View& view) -> Verdict {
    std::vector<Order> orders;
    for (const ClientView& client : view.clients()) {
      const auto skipped = ambiguous(view, client.room(), received);
      for (std::uint32_t connection = 1; connection <= client.connections(); ++connection) {
        Order order{client.name(), client.room(), namesGot(client, connection, received)};
        std::erase_if(order.names, [&](const std::string& name) { return skipped.contains(name); });
        orders.push_back(std::move(order));
      }
    }
    for (std::size_t a = 0; a < orders.size(); ++a) {
      for (std::size_t b = a + 1; b < orders.size(); ++b) {
        if (orders[a].room != orders[b].room) continue;
        const auto pair = swapped(orders[a], orders[b]);
        if (!pair) continue;
        return Verdict::broken(fmt::format("in {} {} and {} got {} and {} in different orders",
                                           roomName(orders[a].room), orders[a].client, orders[b].client,
                                           shown(pair->first), shown(pair->second)));
      }
    }
    return true;
  };
}

Predicate presenceConverges(RosterOf roster) {
  return [roster = std::move(roster)](const View& view) -> Verdict {
    const Time now = view.world().now();
    for (const ClientView& client : view.openClients()) {
      auto listed = roster(client.messages());
      for (const ClientView& other : view.clients()) {
        if (other.room() != client.room()) continue;
        const bool seen = listed.contains(std::string(other.name()));
        if (other.open() && !seen) {
          return Verdict::broken(fmt::format("{} does not see {} in {}, who is there", client.name(), other.name(),
                                             roomName(client.room())));
        }
        if (other.open() || other.ghost(now)) listed.erase(std::string(other.name()));
      }
      if (listed.empty()) continue;
      return Verdict::broken(fmt::format("{} sees {} in {}, who is not there", client.name(), shown(*listed.begin()),
                                         roomName(client.room())));
    }
    return true;
  };
}

Predicate keysMoveTogether(std::vector<std::string> keys) {
  return [keys = std::move(keys)](const View& view) -> Verdict {
    for (std::uint8_t room = 0; room < view.rooms(); ++room) {
      const auto& entries = view.disk(room).entries;
      const auto there = [&](const std::string& key) { return entries.contains(key); };
      if (std::ranges::all_of(keys, there) || std::ranges::none_of(keys, there)) continue;
      const auto missing = std::ranges::find_if_not(keys, there);
      return Verdict::broken(fmt::format("on the disk of {} {} is missing, and others of its group are there",
                                         roomName(room), shown(*missing)));
    }
    return true;
  };
}

}  // namespace Party::Sim
