#include "never_legal.h"

#include <string>
#include <type_traits>
#include <variant>

#include "world_core.h"

namespace Party::Sim::Detail {

struct NeverLegalList::Rules {
  WorldCore& world;
  const RoomHost& host;
  Room& room;

  void broken(const char* rule, std::string text) const { world.violate(rule, host.index, std::move(text)); }

  // INV-02, INV-03: what a unit covers leaves when it is durable, and never when it failed.
  void output(Host::Unit unit, const char* what) const {
    if (unit > room.committed) {
      broken("INV-02", std::string(what) + " left with unit " + std::to_string(unit) + ", durable is " +
                           std::to_string(room.committed));
    }
  }

  Socket* socket(Host::ConnectionKey key, const char* what) const {
    if (key.index < room.sockets.size()) {
      Socket& found = room.sockets[key.index];
      if (found.generation == key.generation && !found.released) return &found;
    }
    broken("INV-08", std::string(what) + " for connection " + std::to_string(key.index) + " (" +
                         std::to_string(key.generation) + "), which has ended");
    return nullptr;
  }
  // An upgrade is answered exactly once.
  void decide(Host::ConnectionKey key, const char* what) const {
    Socket* found = socket(key, what);
    if (found == nullptr) return;
    if (found->decided) {
      broken("INV-08", std::string(what) + " for connection " + std::to_string(key.index) + ", already answered");
    }
    found->decided = true;
  }

  // --- events
  void operator()(const Host::ConnectRequested& event) const {
    ++room.connects;
    if (event.connection.index >= room.sockets.size()) room.sockets.resize(event.connection.index + 1);
    Socket& found = room.sockets[event.connection.index];
    if (!found.released) broken("INV-08", "connection index " + std::to_string(event.connection.index) + " is in use");
    found = {.generation = event.connection.generation, .released = false};
  }
  void operator()(const Host::MessageReceived&) const { ++room.messages; }
  void operator()(const Host::RequestReceived&) const { ++room.requests; }
  void operator()(const Host::AlarmDue& event) const {
    if (world.now() < event.scheduled) broken("INV-09", "an alarm is delivered before its time");
  }
  void operator()(const Host::UnitCommitted& event) const { room.committed = event.through; }

  // --- effects
  void effect(const Host::Effect& effect) const {
    std::visit(
        [&]<class T>(const T& body) {
          if constexpr (std::is_same_v<T, Host::MessageSent>) {
            output(effect.unit, "a message");
            if (const Socket* to = socket(body.connection, "a message"); to != nullptr && to->closeSent) {
              broken("INV-08",
                     "a message behind the close frame of connection " + std::to_string(body.connection.index));
            }
          } else if constexpr (std::is_same_v<T, Host::Broadcast>) {
            output(effect.unit, "a broadcast");
            if (body.except.size() > body.sockets.size()) broken("INV-08", "a broadcast excepts more than it reaches");
          } else if constexpr (std::is_same_v<T, Host::ConnectionAccepted>) {
            output(effect.unit, "an accepted connection");
            decide(body.connection, "accepted");
          } else if constexpr (std::is_same_v<T, Host::ConnectionRefused>) {
            output(effect.unit, "a refused connection");
            decide(body.connection, "refused");
          } else if constexpr (std::is_same_v<T, Host::ConnectionAnswered>) {
            decide(body.connection, "answered");
          } else if constexpr (std::is_same_v<T, Host::ConnectionDropped>) {
            socket(body.connection, "dropped");
          } else if constexpr (std::is_same_v<T, Host::ConnectionClosed>) {
            output(effect.unit, "a close frame");
            if (Socket* to = socket(body.connection, "a close frame")) {
              if (to->closeSent)
                broken("INV-08", "two close frames for connection " + std::to_string(body.connection.index));
              to->closeSent = true;
            }
          } else if constexpr (std::is_same_v<T, Host::ConnectionReleased>) {
            if (Socket* gone = socket(body.connection, "released")) gone->released = true;
          } else if constexpr (std::is_same_v<T, Host::ResponseHead> || std::is_same_v<T, Host::ResponseChunk> ||
                               std::is_same_v<T, Host::ResponseEnd>) {
            output(effect.unit, "a response");
          } else if constexpr (std::is_same_v<T, Host::CallStarted>) {
            output(effect.unit, "a call");
          } else if constexpr (std::is_same_v<T, Host::UnitIssued>) {
            // INV-04: units come without a gap.
            if (body.unit != room.issued + 1) {
              broken("INV-04", "unit " + std::to_string(body.unit) + " follows unit " + std::to_string(room.issued));
            }
            room.issued = body.unit;
          } else if constexpr (std::is_same_v<T, Host::InstanceStarted>) {
            started(body.instance);
          } else if constexpr (std::is_same_v<T, Host::InstanceEnded>) {
            ended(body);
          } else if constexpr (std::is_same_v<T, Host::AlarmSettled>) {
            settled(body);
          } else if constexpr (std::is_same_v<T, Host::HandlerBegan>) {
            began(body.handler);
          } else if constexpr (std::is_same_v<T, Host::HandlerEnded>) {
            if (body.handler == Host::HandlerKind::onAlarm && room.alarmRuns != 0) --room.alarmRuns;
          }
        },
        effect.body);
  }

  // INV-13: one instance at a time, each constructed once.
  void started(std::uint64_t instance) const {
    if (room.alive || instance != room.instance + 1) {
      broken("INV-13", "instance " + std::to_string(instance) + " starts while instance " +
                           std::to_string(room.instance) + (room.alive ? " lives" : " was the last"));
    }
    room.alive = true;
    room.instance = instance;
  }
  // INV-11: nothing may be pending when an idle room goes.
  void ended(const Host::InstanceEnded& end) const {
    if (!room.alive) broken("INV-13", "instance " + std::to_string(end.instance) + " ends twice");
    room.alive = false;
    room.alarmRuns = 0;
    if (end.how != Host::InstanceEnd::hibernated) return;
    if (!host.units.empty()) broken("INV-11", "hibernated with a unit that is not durable");
    if (!host.timers.empty()) broken("INV-11", "hibernated with a timer set");
    if (!host.passages.empty()) broken("INV-11", "hibernated with a request not answered");
    if (!host.calls.empty()) broken("INV-11", "hibernated with a call under way");
  }
  // INV-10
  void settled(const Host::AlarmSettled& run) const {
    if (run.succeeded || run.scheduled != room.alarm) room.alarmFailures = 0;
    room.alarm = run.scheduled;
    if (!run.succeeded && run.counted && ++room.alarmFailures > world.options_.profile().maxAlarmRetries + 1) {
      broken("INV-10", "an alarm failed " + std::to_string(room.alarmFailures) + " times");
    }
  }
  // INV-17: nothing is delivered twice; INV-09: no two runs of the alarm handler overlap.
  void began(Host::HandlerKind kind) const {
    const auto atMost = [&](const char* what, std::uint64_t begun, std::uint64_t given) {
      if (begun > given) {
        broken("INV-17", std::to_string(begun) + " runs of " + what + " for " + std::to_string(given) + " events");
      }
    };
    if (kind == Host::HandlerKind::onMessage) atMost("onMessage", ++room.onMessages, room.messages);
    if (kind == Host::HandlerKind::onRequest) atMost("onRequest", ++room.onRequests, room.requests);
    if (kind == Host::HandlerKind::onConnect) atMost("onConnect", ++room.onConnects, room.connects);
    if (kind == Host::HandlerKind::onAlarm && ++room.alarmRuns > 1) broken("INV-09", "two runs of onAlarm overlap");
  }
};

void NeverLegalList::event(WorldCore& world, const RoomHost& host, const Host::Event& event) {
  const Rules rules{world, host, rooms_[host.index]};
  std::visit(
      [&]<class T>(const T& body) {
        if constexpr (std::is_invocable_v<const Rules&, const T&>) rules(body);
      },
      event.body);
}

void NeverLegalList::effect(WorldCore& world, const RoomHost& host, const Host::Effect& effect) {
  Rules{world, host, rooms_[host.index]}.effect(effect);
}

void NeverLegalList::machineGone(const RoomHost& host) {
  Room& room = rooms_[host.index];
  room.issued = room.committed = 0;  // a new machine numbers anew
  room.instance = 0;
  room.alive = false;
  room.alarmRuns = 0;
  for (Socket& socket : room.sockets) socket.released = true;
}

// INV-07, the simulator's own half: no direction of a link reorders or repeats.
void NeverLegalList::arrived(WorldCore& world, Link& link, std::uint64_t sent) {
  if (world.journal_.on() && sent < link.lastReceived) {
    world.violate("INV-07", link.room,
                  "a client got message " + std::to_string(sent) + " after " + std::to_string(link.lastReceived));
  }
  link.lastReceived = sent;
}

void NeverLegalList::arrivedUp(WorldCore& world, Link& link, std::uint64_t number) {
  if (number < link.arrivedUp) {
    world.violate("INV-07", link.room,
                  "a room got a client's frame " + std::to_string(number) + " after " + std::to_string(link.arrivedUp));
  }
  link.arrivedUp = number + 1;
}

}  // namespace Party::Sim::Detail
