#pragma once

#include <party/host/event.h>
#include <party/host/keys.h>
#include <party/host/profile.h>
#include <party/shared_bytes.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "id_index.h"
#include "input_gate.h"

/// Who is connected: records by the host's index, and flat lists of sockets in join order, for the room and per tag.
///
/// A broadcast's audience is a prefix of such a list; joining appends, leaving closes the gap (a move of 8 bytes per
/// later member: about 1 us at 10,000). Duplicate ids are normal: the registry goes by record, never by id (D-3).

namespace Party::Detail {

/// Numbers every joining of the room, from 1; lists are sorted by it.
using JoinNumber = std::uint64_t;

struct ConnectionRecord;
using ConnectionRecords = std::vector<ConnectionRecord>;  // by the host's index

/// One list of members in join order. Its members' records know their join numbers.
class MemberList {
 public:
  explicit MemberList(const ConnectionRecords& records) : records_(&records) {}

  /// The newest: its join number is the largest.
  void append(std::uint32_t index);
  void remove(JoinNumber join);

  std::size_t size() const noexcept { return indexes_.size(); }
  bool empty() const noexcept { return indexes_.empty(); }
  /// The position of the first member that joined at or after `join`.
  std::size_t positionOf(JoinNumber join) const noexcept;
  JoinNumber joinAt(std::size_t position) const noexcept;
  std::uint32_t indexAt(std::size_t position) const noexcept { return indexes_[position]; }

  /// The members that joined before `join`. The span stays valid until `unpin`, whoever joins or leaves meanwhile.
  std::span<const Host::SocketHandle> pinnedBefore(JoinNumber join);
  void unpin() noexcept;
  bool pinned() const noexcept { return pinned_; }
  /// How many earlier forms of the list are kept for spans: one for each that a span shows, whoever leaves afterwards.
  std::size_t kept() const noexcept { return left_.size(); }

 private:
  void beforeChange();

  const ConnectionRecords* records_;
  std::vector<Host::SocketHandle> sockets_;
  std::vector<std::uint32_t> indexes_;
  std::vector<std::vector<Host::SocketHandle>> left_;  // what pinned spans still show
  bool pinned_ = false;
  bool shown_ = false;  // by a span, as it is now
};

struct TransparentHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};
struct TagMembers {
  explicit TagMembers(const ConnectionRecords& records) : list(records) {}
  MemberList list;
  std::uint32_t named = 0;  // records that carry the tag, listed or not
};
using TagTable = std::unordered_map<std::string, TagMembers, TransparentHash, std::equal_to<>>;  // never iterated

using Tag = TagTable::value_type;

/// A connection's id, uri and tags, as long as it is known: one block of the heap. Most ids stand in the uri, as `_pk`,
/// and take no place of their own.
class ConnectionNames {
 public:
  ConnectionNames() = default;
  ConnectionNames(std::string_view id, std::string_view uri, std::span<Tag* const> tags);

  std::string_view id() const noexcept;
  std::string_view uri() const noexcept;
  /// Without the id, which is a tag too (BCAST-7).
  std::span<Tag* const> tags() const noexcept;

 private:
  struct Block {  // behind it: the tags, the uri, the id unless the uri shows it
    std::uint32_t uriBytes = 0;
    std::uint32_t idAt = 0;  // from the uri's beginning
    std::uint32_t idBytes = 0;
    std::uint32_t tags = 0;
  };
  struct Free {
    void operator()(Block* block) const noexcept { ::operator delete(block); }
  };
  const char* text() const noexcept;

  std::unique_ptr<Block, Free> block_;
};

/// What a connection has only while it opens or closes.
struct PassingState {
  std::optional<Request> request;  // until onConnect has begun
  std::string id;                  // until it has joined
  std::string uri;
  std::vector<Arrival> early;  // came before onConnect had ended (CONNECT-15, CONNECT-16)
  std::uint16_t peerCode = 0;
  SharedBytes peerReason;
};

struct ConnectionRecord {
  enum class Phase : std::uint8_t { free, requested, tagging, connecting, open, ended };

  std::uint32_t generation = 0;
  Host::SocketHandle socket = 0;
  JoinNumber join = 0;
  Phase phase = Phase::free;
  Host::Origin origin = Host::Origin::client;
  bool listed = false;
  bool accepted = false;
  bool closeSent = false;
  bool closeReceived = false;
  bool ghost = false;     // onConnect threw, and the profile keeps it (D-4)
  bool halfOver = false;  // unanswered: onClose has ended, or the transport; the other is awaited
  SharedBytes state;
  ConnectionNames names;  // once it has joined
  std::unique_ptr<PassingState> passing;

  std::string_view id() const noexcept { return join == 0 && passing ? std::string_view(passing->id) : names.id(); }
  std::string_view uri() const noexcept { return join == 0 && passing ? std::string_view(passing->uri) : names.uri(); }
  /// Carries it as a tag, or as its id.
  bool carries(std::string_view tag) const noexcept;
  PassingState& changing() {
    if (!passing) passing = std::make_unique<PassingState>();
    return *passing;
  }
};
static_assert(sizeof(ConnectionRecord) <= 48, "a room may have many that sleep");

class ConnectionRegistry {
 public:
  ConnectionRegistry() = default;
  ConnectionRegistry(const ConnectionRegistry&) = delete;
  ConnectionRegistry& operator=(const ConnectionRegistry&) = delete;

  /// Takes a place for an upgrade request; an index still in use is the host's fault and ends the program's trust in
  /// it: std::logic_error.
  ConnectionRecord& request(const Host::ConnectRequested& asked);
  /// Null when the key names no connection, or not this tenant of the index.
  ConnectionRecord* find(Host::ConnectionKey key) noexcept {
    if (key.index >= records_.size()) return nullptr;
    ConnectionRecord& record = records_[key.index];
    return record.phase != ConnectionRecord::Phase::free && record.generation == key.generation ? &record : nullptr;
  }
  ConnectionRecord* find(std::uint32_t index, std::uint32_t generation) noexcept { return find({index, generation}); }

  /// From now on the connection is in the room's list and in those of its tags; the first of them is its id.
  void join(std::uint32_t index, const std::vector<std::string>& tags);
  void leave(ConnectionRecord& record);
  void release(Host::ConnectionKey key);

  JoinNumber nextJoin() const noexcept { return lastJoin_ + 1; }
  std::size_t listed() const noexcept { return all_.size(); }
  std::size_t known() const noexcept { return known_; }
  Host::ConnectionKey keyOf(std::uint32_t index) const noexcept { return {index, records_[index].generation}; }

  /// The room's list without a tag, or a tag's; null when nobody carries it. An empty tag has nobody (D-13). An id's
  /// list is made for the asking: it is good until the next one is asked for, or while it is pinned.
  MemberList* list(const std::optional<std::string>& tag);
  /// The newest listed connection with this id.
  std::optional<Host::ConnectionKey> newest(std::string_view id) const noexcept;
  /// Join numbers of every listed connection with this id, ascending (CONNECT-48).
  void collectJoins(std::string_view id, std::vector<JoinNumber>& joins) const;

  /// Pins `list` and gives those of it that joined before `join`.
  std::span<const Host::SocketHandle> audience(MemberList& list, JoinNumber join);

  /// Every known connection, by index.
  std::vector<Host::ConnectionKey> keys() const;
  void clear() noexcept;
  /// The effects of the last event show spans of it.
  bool shown() const noexcept { return !pinned_.empty() || !goneTags_.empty() || !goneLists_.empty(); }
  /// Ends the life of the spans given out for the last event.
  void unpin() noexcept;

 private:
  MemberList& composed();
  auto idOf() const noexcept {
    return [this](std::uint32_t index) { return records_[index].id(); };
  }

  ConnectionRecords records_;
  MemberList all_{records_};
  TagTable tags_;
  IdIndex ids_;
  std::vector<std::unique_ptr<MemberList>> composed_;  // lists of ids; the last may be used again
  std::vector<MemberList*> pinned_;
  std::vector<TagTable::node_type> goneTags_;  // lists that still back a span
  std::vector<MemberList> goneLists_;
  std::size_t known_ = 0;
  JoinNumber lastJoin_ = 0;
};

/// `[id, ...tags without the id]`, checked as CONNECT-22..26; throws `Party::Error` with PartyKit's text.
std::vector<std::string> checkedTags(const std::string& id, const std::vector<std::string>& tags,
                                     const Profile& profile);
/// The same without a check; empty tags are left out, because they match nothing (CONNECT-27, D-13).
std::vector<std::string> uncheckedTags(const std::string& id, const std::vector<std::string>& tags);

}  // namespace Party::Detail
