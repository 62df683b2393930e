#include "recorder.h"

#include <fmt/format.h>
#include <party/sim/view.h>

#include <algorithm>

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
      row.kind = Row::Kind::toRoom;
      row.viewer = i;
    }
    row.text = sentence(step).substr(clientName(step.client).size() + 1);
  } else if (shape.actor == Actor::room) {
    row.room = view.world().findRoom(scenario_.party, roomName(step.room));
    row.text = std::string(shape.phrase);
  }
  row.text = shortened(row.text, 2 * shownBytes);
  rows.push_back(std::move(row));
  for (RoomIndex room = static_cast<RoomIndex>(rooms.size()); room < view.world().roomCount(); ++room) {
    rooms.push_back(view.world().roomName(room));
  }
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
    note(now, room, fmt::format("{} throws", nameOf(failed->handler)), Row::Kind::fault);
  }
}

void Recorder::onFrame(Time now, Client client, const Frame& frame) {
  const std::size_t viewer = client.index();
  if (framesSeen_.size() <= viewer) framesSeen_.resize(viewer + 1);
  std::string text = frame.kind == Frame::Kind::opened     ? "open"
                     : frame.kind == Frame::Kind::message  ? shown(frame.content)
                     : frame.kind == Frame::Kind::answered ? fmt::format("answered {}", frame.code)
                                                           : fmt::format("closed {}", frame.code);
  rows.push_back({Row::Kind::toClient, since(now), std::move(text), viewer, std::nullopt, framesSeen_[viewer]++});
}

void Recorder::onCrash(Time now, RoomIndex room) { note(now, room, "gone without a word", Row::Kind::fault); }

}  // namespace Party::Sim::Detail
