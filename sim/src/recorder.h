#pragma once

#include <party/sim/life.h>
#include <party/sim/observer.h>
#include <party/sim/scenario.h>
#include <party/sim/world.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace Party::Sim::Detail {

/// One line of a sequence diagram.
struct Row {
  enum class Kind : std::uint8_t {
    toRoom,    ///< what a client does
    toClient,  ///< what a client sees
    atRoom,    ///< what happens inside a room, or to it
    fault,     ///< what goes wrong, or puts a room to sleep
  };
  Kind kind = Kind::atRoom;
  std::uint64_t microseconds = 0;
  std::string text;
  std::size_t viewer = 0;            // an index into Life::clients, for the first two
  std::optional<RoomIndex> room;     // for the other two; nothing: all of them
  std::optional<std::size_t> frame;  // toClient: which of the viewer's frames
};

/// Writes down a life for a picture.
class Recorder final : public Witness, public Observer {
 public:
  explicit Recorder(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<Row> rows;
  /// Of each room met, by its index in the world: `main/room-1`.
  std::vector<std::string> rooms;

  void afterStep(const View& view) override;
  void onEvent(Time now, RoomIndex room, const Host::Event& event) override;
  void onEffect(Time now, RoomIndex room, const Host::Effect& effect) override;
  void onFrame(Time now, Client client, const Frame& frame) override;
  void onCrash(Time now, RoomIndex room) override;

 private:
  void note(Time now, RoomIndex room, std::string text, Row::Kind kind = Row::Kind::atRoom);
  static std::uint64_t since(Time now);

  const Scenario& scenario_;
  std::size_t nextStep_ = 0;
  std::vector<std::size_t> framesSeen_;
};

}  // namespace Party::Sim::Detail
