#pragma once

#include <party/time.h>

#include <cstddef>
#include <cstdint>

namespace Party {

/// What legitimately differs between platforms: the contract's numbers, and switches for what the running PartyKit
/// 0.0.115 does where its documents promise something else. Passed to each machine, never read from a global. Rule ids
/// name the source of each.
struct Profile {
  std::size_t maxMessageBytes = 1'048'576;      // MESSAGE-9, D-27
  std::size_t maxConnectionStateBytes = 2'048;  // STATE-8, D-14: encoded, id and uri included
  std::size_t maxTags = 10;                     // CONNECT-22: with the id
  std::size_t maxTagLength = 256;               // CONNECT-23, 25: UTF-16 units and UTF-8 bytes
  std::size_t maxCloseReasonBytes = 123;        // D-5, RFC 6455 5.5
  std::size_t maxConnections = 32'768;          // HIBER-002
  std::size_t maxOutgoingSockets = 32'768;      // as many as come in; the contract names no number

  std::size_t maxKeyBytes = 2'048;      // STORE-050
  std::size_t maxValueBytes = 131'072;  // STORE-051, H-5
  std::size_t maxKeysPerGet = 128;      // STORE-013
  /// More than this that is not durable makes writers wait; with 0 every one does (STORE-083, CP-07).
  std::size_t maxUnflushedBytes = 8 * 1'024 * 1'024;

  std::size_t maxCallBodyBytes = 134'217'728;  // LIMITS: the memory of a room; of an answer to a call

  Duration sectionLimit = std::chrono::seconds(30);  // GATE-022
  std::size_t maxSectionDepth = 64;                  // GATE-024

  Duration idleBeforeHibernation = std::chrono::seconds(10);  // HIBER-041
  Duration firstAlarmRetry = std::chrono::seconds(2);         // ALARM-041: doubled for each further one
  std::uint32_t maxAlarmRetries = 6;                          // ALARM-042
  Duration maxAlarmRetryDelay = std::chrono::seconds(1'024);  // ALARM-043
  Duration alarmLimit = std::chrono::minutes(15);             // ALARM-025

  /// Only the event that woke the room waits for an onStart that awaits anything but storage; the others pass it
  /// (D-1: MESSAGE-19, MESSAGE-20, GATE-040, GATE-041). An onStart that throws then resets the room, because others
  /// are at work in it, unless the next switch is on too.
  bool eventsOvertakeStart = false;
  /// An onStart that threw fails the event that woke the room, and counts as done (D-2: CONNECT-41, LIFE-6, GATE-042).
  bool failedStartIsSkipped = false;
  /// While onAlarm runs, `room.id` and the parties are out of reach for every handler (D-22: LIFE-17, ALARM-060).
  bool alarmHidesIdFromAll = false;
  /// An instance that an alarm has woken never learns its id nor the parties (D-22: LIFE-18, LIFE-19, ALARM-061,
  /// ALARM-062).
  bool alarmInstanceHasNoId = false;
  /// A client's close frame is not answered unless onClose closes; what onClose sends reaches the client (D-8: CLOSE-3
  /// to 5, HIBER-064, HIBER-066, CP-76).
  bool clientCloseUnanswered = false;
  /// Rooms that do not hibernate take any tags (D-9: CONNECT-27, HIBER-004). Empty ones match nothing.
  bool tagsUncheckedInOrdinaryRooms = false;
  /// Their connections' state has no limit (D-14: STATE-6, HIBER-024).
  bool stateUnlimitedInOrdinaryRooms = false;
  /// In rooms that hibernate, getConnection throws for an id that several open connections have (D-3: CONNECT-47,
  /// HIBER-009).
  bool duplicateIdThrows = false;
  /// Any code of an error is taken for a status, and one that is none becomes an error's text of its own (D-17:
  /// REQUEST-12, REQUEST-13).
  bool anyErrorCodeIsStatus = false;

  /// A connection whose onConnect threw is closed for its client, and stays in the room's lists as long as the instance
  /// lives, which it keeps from hibernating; what is sent to it goes nowhere (D-4: CONNECT-19, GATE-044, CP-71).
  bool failedConnectLeavesGhost = false;

  /// The documented contract with the recommendations of its divergences.
  static Profile documented() { return {}; }
  /// PartyKit 0.0.115 as it runs, where a program can notice and it is not a plain fault; docs/differences.md lists
  /// what is not reproduced.
  static Profile partykit() {
    Profile profile;
    profile.eventsOvertakeStart = true;
    profile.failedStartIsSkipped = true;
    profile.alarmHidesIdFromAll = true;
    profile.alarmInstanceHasNoId = true;
    profile.clientCloseUnanswered = true;
    profile.tagsUncheckedInOrdinaryRooms = true;
    profile.stateUnlimitedInOrdinaryRooms = true;
    profile.duplicateIdThrows = true;
    profile.failedConnectLeavesGhost = true;
    profile.anyErrorCodeIsStatus = true;
    return profile;
  }
};

}  // namespace Party
