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
    atClient,  ///< what befalls a client's connection: nothing travels
    atRoom,    ///< what happens inside a room, or to it
    fault,     ///< what goes wrong, or puts a room to sleep
    gate,      ///< what a room holds back from now on
    remark,    ///< about the life, at no place in it
  };
  Kind kind = Kind::atRoom;
  std::uint64_t microseconds = 0;
  std::string text;
  std::size_t viewer = 0;            // an index into Life::clients, for the first three
  std::optional<RoomIndex> room;     // for the other two; nothing: all of them
  std::optional<std::size_t> frame;  // toClient: which of the viewer's frames
};

/// Writes down a life for a picture.
class Recorder final : public Witness, public Observer {
 public:
  /// `ordered`: where the other life crashes, this one is stopped in order.
  explicit Recorder(const Scenario& scenario, bool ordered = false) : scenario_(scenario), ordered_(ordered) {}

  std::vector<Row> rows;
  /// Of each room met, by its index in the world: `main/room-1`.
  std::vector<std::string> rooms;

  void afterStep(const View& view) override;
  bool atQuiet(const View& view) override;
  void onEvent(Time now, RoomIndex room, const Host::Event& event) override;
  void onEffect(Time now, RoomIndex room, const Host::Effect& effect) override;
  void onBoundary(Time now, RoomIndex room) override;
  void onFrame(Time now, Client client, const Frame& frame) override;
  void onCrash(Time now, RoomIndex room) override;

 private:
  void note(Time now, RoomIndex room, std::string text, Row::Kind kind = Row::Kind::atRoom);
  void meetRooms(const View& view);
  static std::uint64_t since(Time now);

  const Scenario& scenario_;
  bool ordered_;
  const World* world_ = nullptr;  // once a step has been taken
  std::size_t nextStep_ = 0;
  std::uint64_t repeats_ = 0;  // alarms that were to come twice, until now
  std::size_t presences_ = 0;  // clients, once for each of their rooms; who comes after them is a stranger
  std::vector<std::size_t> framesSeen_;
  std::vector<std::string> gates_;  // of each room, as last noted
  std::optional<Time> endedAt_;     // when rooms last went all at once
};

}  // namespace Party::Sim::Detail
