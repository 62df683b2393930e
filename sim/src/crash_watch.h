#pragma once

#include <party/host/keys.h>
#include <party/host/party_descriptor.h>
#include <party/sim/observer.h>
#include <party/sim/world.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What was going on in the rooms at the moment of a crash: which events had been admitted, which had not begun, and
/// which handlers were interrupted or had written what was not durable yet.

namespace Party::Sim::Detail {

struct CrashRecord {
  Time at;
  /// How many steps had begun.
  std::size_t steps = 0;
  std::uint32_t step = 0;  // the id of the step that asked for it
  /// The causes of all events that had reached a room (D).
  std::vector<Host::Cause> admitted;
  /// Of those that no handler had begun for (L).
  std::vector<Host::Cause> unbegun;
  /// Of those whose handlers were suspended, or had finished with a unit not durable, or had seen one (I). What a
  /// handler did not write because somebody before it had, is gone with that writer: so it must be free to be gone too.
  std::vector<Host::Cause> interrupted;
  /// How many connections each presence had had when the process went, those that had not reached a room excepted.
  std::vector<std::uint32_t> connections;
  /// The connections that rooms had not let go of, which broke: in an account of the crash they break as well.
  std::vector<Host::Cause> held;
  /// Why this crash cannot be judged; empty when it can.
  std::string unclear;
};

/// The orderly stop that might explain a crash: the same moment, and what is never delivered before it.
struct CleanStop {
  const CrashRecord& record;
  /// When each step began in the life that crashed.
  const std::vector<Time>& stepTimes;
  std::vector<Host::Cause> withheld;
};

/// Watches a life up to the `boundary`-th moment, counted from `arm`, at which a crash could be noticed: a handler is
/// suspended, a unit is not durable, or an output is held. Then it stops the world.
class CrashWatch final : public Observer {
 public:
  explicit CrashWatch(World& world) : world_(world) {}

  void arm(std::uint32_t boundary) { left_ = boundary; }
  bool armed() const { return left_ != 0; }
  void disarm() { left_ = 0; }
  bool reached() const { return reached_; }
  /// What was going on when it was reached.
  CrashRecord record() const;

  void onEvent(Time, RoomIndex, const Host::Event&) override;
  void onEffect(Time, RoomIndex, const Host::Effect&) override;
  void onBoundary(Time, RoomIndex) override;

 private:
  static constexpr std::size_t nobody = ~std::size_t{0};  // a handler that no event of its own set off
  static constexpr std::size_t starting = nobody - 1;     // onStart

  /// An event that a handler runs for.
  struct Entry {
    Host::Cause cause;
    RoomIndex room = 0;
    bool begun = false;
    bool alarm = false;
    std::uint32_t running = 0;
    Host::Unit lastUnit = 0;  // it may have written, or have seen though it was not durable
  };
  struct RoomState {
    const Host::PartyDescriptor* party;
    std::vector<std::size_t> slots{};  // who runs there: an entry, or one of the above
    Host::Unit issued = 0;
    Host::Unit committed = 0;
    Host::Unit unknownUnit = 0;  // the last that no entry accounts for
    Host::Unit startUnit = 0;    // the last that onStart may have written
    std::uint32_t unknownRunning = 0;
    bool startRunning = false;
    std::size_t roomCalls = 0;  // and sockets, under way to other rooms
  };

  RoomState& state(RoomIndex room);
  Entry* find(RoomIndex room, Host::Cause cause);
  void began(RoomIndex room, const Host::Effect& effect, const Host::HandlerBegan& begun);
  void ended(RoomIndex room, const Host::HandlerEnded& end);
  void wrote(RoomIndex room, Host::Unit unit);
  void instanceEnded(RoomIndex room);

  World& world_;
  std::uint32_t left_ = 0;
  bool reached_ = false;
  std::vector<Entry> entries_;
  std::vector<RoomState> rooms_;
  // Of the event in hand: whose handlers have run.
  Host::Cause cause_;
  std::vector<std::size_t> touched_;
  std::vector<std::uint64_t> callsToRooms_;
};

}  // namespace Party::Sim::Detail
