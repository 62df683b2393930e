#include "recorder.h"

#include <fmt/format.h>
#include <party/sim/view.h>

#include <algorithm>

#include "error_text.h"
#include "handler_name.h"
#include "quoted.h"
#include "verb_table.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::size_t shownBytes = 34;

std::string shown(const Message& message) { return quoted(shortened(message.content(), shownBytes), message.isText()); }

std::string describe(const Host::UnitIssued& unit) {
  std::string text = fmt::format("unit {}:", unit.unit);
  if (unit.writes == nullptr) return text;
  if (unit.writes->deleteAll) text += " delete all";
  std::size_t named = 0;
  for (const auto& write : unit.writes->writes) {
    if (++named > 3) return text + fmt::format(" and {} more", unit.writes->writes.size() - 3);
    text += fmt::format(" {} {}", write.value ? "put" : "remove", shortened(write.key, 20));
  }
  if (unit.writes->alarm) text += *unit.writes->alarm ? " set alarm" : " delete alarm";
  return text;
}

}  // namespace

std::uint64_t Recorder::since(Time now) {
  return static_cast<std::uint64_t>((now - WorldOptions().startTime()).count());
}

void Recorder::note(Time now, RoomIndex room, std::string text, Row::Kind kind) {
  rows.push_back({kind, since(now), std::move(text), 0, room, std::nullopt});
}

void Recorder::afterStep(const View& view) {
  if (nextStep_ >= scenario_.steps.size()) return;
  const Step& step = scenario_.steps[nextStep_++];
  if (step.verb == Verb::hibernate) return;  // noted when it happens
  const std::uint64_t repeats = view.statistics().count(Verb::repeatAlarm);
  if (step.verb == Verb::repeatAlarm && repeats == repeats_) return;  // left out of the twin
  repeats_ = repeats;
  const auto& shape = shapeOf(step.verb);
  Row row{isFault(step.verb) ? Row::Kind::fault : Row::Kind::atRoom,
          since(view.world().now()),
          sentence(step),
          0,
          std::nullopt,
          std::nullopt};
  if (shape.actor == Actor::client) {
    // The last place it went to is where it acts.
    const auto clients = view.clients();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (clients[i].name() != clientName(step.client)) continue;
      if (shape.namesRoom && clients[i].room() != step.room) continue;
      const bool travels = !isFault(step.verb) || step.verb == Verb::breakProtocol;
      row.kind = travels ? Row::Kind::toRoom : Row::Kind::atClient;
      row.viewer = i;
    }
    row.text = sentence(step).substr(clientName(step.client).size() + 1);
  } else if (shape.actor == Actor::room) {
    row.room = view.world().findRoom(scenario_.party, roomName(step.room));
    row.text = std::string(shape.phrase);
  }
  if (step.verb == Verb::crashInside) {
    row.kind = Row::Kind::remark;
    row.text = fmt::format("from here on: the process is to die at unfinished moment {}", std::max(step.number, 1u));
  }
  row.text = shortened(row.text, 2 * shownBytes);
  rows.push_back(std::move(row));
  meetRooms(view);
}

bool Recorder::atQuiet(const View& view) {
  meetRooms(view);
  return false;
}

void Recorder::meetRooms(const View& view) {
  world_ = &view.world();
  presences_ = view.clients().size();
  for (RoomIndex room = static_cast<RoomIndex>(rooms.size()); room < world_->roomCount(); ++room) {
    rooms.push_back(world_->roomName(room));
  }
}

/// What a room holds back, whenever that has changed at the end of an event.
void Recorder::onBoundary(Time now, RoomIndex room) {
  if (world_ == nullptr || room >= world_->roomCount()) return;
  const Host::RoomStatus status = world_->status(room);
  std::string gates;
  const auto add = [&gates](std::string_view what) { gates.append(gates.empty() ? "" : ", ").append(what); };
  if (status.gateShut) add("input gate shut");
  if (status.waitingEvents > 0) add(fmt::format("{} waiting", status.waitingEvents));
  if (status.heldOutputs > 0)
    add(fmt::format("{} output{} held until unit {} is durable", status.heldOutputs, status.heldOutputs == 1 ? "" : "s",
                    status.lastIssued));
  if (gates_.size() <= room) gates_.resize(room + 1);
  if (gates == gates_[room]) return;
  note(now, room, gates.empty() ? "gates open" : gates, Row::Kind::gate);
  gates_[room] = std::move(gates);
}

void Recorder::onEvent(Time now, RoomIndex room, const Host::Event& event) {
  if (const auto* unit = std::get_if<Host::UnitCommitted>(&event.body)) {
    note(now, room, fmt::format("durable up to unit {}", unit->through));
  } else if (const auto* failed = std::get_if<Host::UnitFailed>(&event.body)) {
    note(now, room, fmt::format("unit {} reported as failed", failed->unit), Row::Kind::fault);
  } else if (std::holds_alternative<Host::AlarmDue>(event.body)) {
    note(now, room, "the alarm is due");
  }
}

void Recorder::onEffect(Time now, RoomIndex room, const Host::Effect& effect) {
  if (const auto* unit = std::get_if<Host::UnitIssued>(&effect.body)) {
    note(now, room, describe(*unit));
  } else if (const auto* started = std::get_if<Host::InstanceStarted>(&effect.body)) {
    note(now, room, started->instance == 1 ? "starts" : fmt::format("starts again, instance {}", started->instance));
  } else if (const auto* ended = std::get_if<Host::InstanceEnded>(&effect.body)) {
    if (ended->how == Host::InstanceEnd::hibernated)
      note(now, room, "hibernates: its members are gone", Row::Kind::fault);
  } else if (const auto* answer = std::get_if<Host::ResponseHead>(&effect.body)) {
    note(now, room, fmt::format("answers {}", answer->response.status()));
  } else if (std::holds_alternative<Host::RoomReset>(effect.body)) {
    note(now, room, "the instance is reset", Row::Kind::fault);
  } else if (const auto* failed = std::get_if<Host::HandlerFailed>(&effect.body)) {
    note(now, room, shortened(fmt::format("{} throws: {}", nameOf(failed->handler), errorText(failed->error)), 90),
         Row::Kind::fault);
  }
}

void Recorder::onFrame(Time now, Client client, const Frame& frame) {
  const std::size_t viewer = client.index();
  if (framesSeen_.size() <= viewer) framesSeen_.resize(viewer + 1);
  std::string text = frame.kind == Frame::Kind::opened     ? "open"
                     : frame.kind == Frame::Kind::message  ? shown(frame.content)
                     : frame.kind == Frame::Kind::answered ? fmt::format("answered {}", frame.code)
                                                           : fmt::format("closed {}", frame.code);
  const std::size_t frameNumber = framesSeen_[viewer]++;
  if (world_ != nullptr && viewer >= presences_) {  // one for each room of the scenario, in turn, then for the others
    const std::size_t room = viewer - presences_;
    const auto where = room < scenario_.rooms ? roomName(static_cast<std::uint8_t>(room)) : "a room that others called";
    text = fmt::format("a stranger comes to {}: {}", where, text);
    rows.push_back({Row::Kind::remark, since(now), std::move(text), viewer, std::nullopt, std::nullopt});
    return;
  }
  rows.push_back({Row::Kind::toClient, since(now), std::move(text), viewer, std::nullopt, frameNumber});
}

void Recorder::onCrash(Time now, RoomIndex room) {
  if (endedAt_ != now) {
    rows.push_back({Row::Kind::fault, since(now),
                    ordered_ ? "all is finished and durable; the rooms stop in order" : "the process dies here", 0,
                    std::nullopt, std::nullopt});
  }
  endedAt_ = now;
  if (gates_.size() > room) gates_[room].clear();
  note(now, room, ordered_ ? "stops" : "is gone, with all that is not durable", Row::Kind::fault);
}

}  // namespace Party::Sim::Detail
