#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world_core.h"

namespace Party::Sim::Detail {
namespace {

/// Columns as wide as their widest cell, the first row as a head.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { add(std::move(head)); }
  void add(std::vector<std::string> row) {
    widths_.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
    rows_.push_back(std::move(row));
  }
  std::string text() const {
    std::string result;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths_[i] - row[i].size() + 2, ' ');
      line.erase(line.find_last_not_of(' ') + 1);
      result += line + '\n';
    }
    return result;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

std::string sinceStart(Time time, Time start) {
  const auto microseconds = (time - start).count();
  std::string rest = std::to_string(microseconds % 1000);
  return std::to_string(microseconds / 1000) + '.' + std::string(3 - std::min<std::size_t>(3, rest.size()), '0') +
         rest + " ms";
}

constexpr std::array<std::string_view, 5> phaseNames = {"idle", "connecting", "open", "closing", "closed"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 31> kindNames = {{
    {"message", "to room"},
    {"close", "to room"},
    {"protocol error", "to room"},
    {"loss", "to room"},
    {"open", "to client"},
    {"message", "to client"},
    {"close", "to client"},
    {"loss", "to client"},
    {"answer", "to client"},
    {"late close answer", "at client"},
    {"end of a hold", "of client"},
    {"request", "to edge"},
    {"request", "to room"},
    {"response", "to caller"},
    {"chunk", "to caller"},
    {"end of response", "to caller"},
    {"broken connection", "to caller"},
    {"abort", "to room"},
    {"flush", "of room"},
    {"delayed read", "of room"},
    {"call", "of room"},
    {"timer", "of room"},
    {"alarm", "of room"},
    {"abandoned alarm", "of room"},
    {"repeated alarm", "of room"},
    {"look at an idle room", "of room"},
    {"start of a flush", "of room"},
    {"death", "of room"},
    {"new code", "of room"},
    {"longest life", "of room"},
    {"timer", "of the edge"},
}};

}  // namespace

std::string WorldCore::describe() const {
  const Time start = options_.startTime();
  std::string page = "seed " + seed_.text() + ", " + sinceStart(now_, start) + ", " + std::to_string(happened_) +
                     " happenings, " + std::to_string(agenda_.size()) + " on the way\n";

  Table rooms({"room", "instance", "gate", "handlers", "waiting", "held", "timers", "sockets", "opened", "undurable",
               "alarm", "hibernation"});
  for (std::size_t i = 0; i < roomCount_; ++i) {
    const RoomHost& room = *rooms_[i];
    const Host::RoomStatus status = room.machine ? room.machine->status() : Host::RoomStatus();
    const auto blocker = room.machine ? room.machine->whatBlocksHibernation() : std::nullopt;
    const auto& alarm = room.disk.image().alarm;
    rooms.add({nameOf(room.index), status.instance ? "#" + std::to_string(status.instances) : "none",
               status.gateShut ? "shut" : "open", std::to_string(status.handlers), std::to_string(status.waitingEvents),
               std::to_string(status.heldOutputs), std::to_string(room.timers.size()),
               std::to_string(status.connections), std::to_string(status.sockets), std::to_string(room.units.size()),
               alarm ? sinceStart(*alarm, start) : "none",
               !room.machine ? "no machine"
               : blocker     ? Host::nameOf(*blocker)
                             : "possible"});
  }
  if (roomCount_ != 0) page += '\n' + rooms.text();

  Table clients({"client", "id", "state", "room", "connections", "frames", "queued", "close"});
  for (std::uint32_t i = 0; i < clientCount_; ++i) {
    const ClientState& client = clients_[i];
    const std::uint32_t room = client.link == none ? none : links_[client.link].room;
    clients.add(
        {std::to_string(i), client.id, std::string(phaseNames[static_cast<std::size_t>(client.phase)]),
         room == none ? "-" : nameOf(room), std::to_string(client.connections), std::to_string(client.frames.size()),
         std::to_string(client.queued.size()),
         client.httpStatus != 0 ? "HTTP " + std::to_string(client.httpStatus) : std::to_string(client.closeCode)});
  }
  if (clientCount_ != 0) page += '\n' + clients.text();

  struct Due {
    Time at;
    std::size_t number;
    std::size_t kind;
    std::uint32_t target;
  };
  std::vector<Due> due;
  agenda_.forEach([&](Time at, const Happening& happening) {
    due.push_back({at, due.size(), static_cast<std::size_t>(happening.kind), happening.target});
  });
  std::ranges::sort(due, [](const Due& a, const Due& b) { return a.at != b.at ? a.at < b.at : a.number < b.number; });
  constexpr std::size_t shown = 20;
  Table next({"due", "what", "where"});
  for (std::size_t i = 0; i < due.size() && i < shown; ++i) {
    const auto& [what, where] = kindNames[due[i].kind];
    next.add(
        {sinceStart(due[i].at, start), std::string(what), std::string(where) + ' ' + std::to_string(due[i].target)});
  }
  if (!due.empty()) page += '\n' + next.text();
  if (due.size() > shown) page += "and " + std::to_string(due.size() - shown) + " more\n";

  for (const UncaughtError& error : uncaught_) page += "uncaught: " + error.text + '\n';
  for (const Violation& violation : violations_) page += violation.rule + ": " + violation.text + '\n';
  return page;
}

}  // namespace Party::Sim::Detail
