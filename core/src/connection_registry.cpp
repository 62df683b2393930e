#include "connection_registry.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace Party::Detail {

void MemberList::append(JoinNumber join, Host::SocketHandle socket, std::uint32_t index) {
  if (sockets_.size() == sockets_.capacity()) beforeChange();
  joins_.push_back(join);
  sockets_.push_back(socket);
  indexes_.push_back(index);
}

void MemberList::remove(JoinNumber join) {
  const auto position = static_cast<std::ptrdiff_t>(positionOf(join));
  beforeChange();
  joins_.erase(joins_.begin() + position);
  sockets_.erase(sockets_.begin() + position);
  indexes_.erase(indexes_.begin() + position);
}

std::size_t MemberList::positionOf(JoinNumber join) const noexcept {
  return static_cast<std::size_t>(std::ranges::lower_bound(joins_, join) - joins_.begin());
}

std::span<const Host::SocketHandle> MemberList::pinnedBefore(JoinNumber join) {
  pinned_ = true;
  shown_ = true;
  return std::span(sockets_).first(positionOf(join));
}

void MemberList::unpin() noexcept {
  pinned_ = false;
  shown_ = false;
  left_.clear();
}

void MemberList::beforeChange() {
  if (!std::exchange(shown_, false)) return;
  std::vector<Host::SocketHandle> copy;
  copy.reserve(sockets_.size() + 1);
  copy = sockets_;
  left_.push_back(std::exchange(sockets_, std::move(copy)));
}

ConnectionRecord& ConnectionRegistry::request(const Host::ConnectRequested& asked) {
  const std::uint32_t index = asked.connection.index;
  if (index >= records_.size()) records_.resize(index + 1);
  ConnectionRecord& record = records_[index];
  if (record.phase != ConnectionRecord::Phase::free) {
    throw std::logic_error("the host gave connection index " + std::to_string(index) +
                           " to a new connection before the machine had released it");
  }
  record = ConnectionRecord();
  record.generation = asked.connection.generation;
  record.phase = ConnectionRecord::Phase::requested;
  record.origin = asked.origin;
  record.socket = asked.socket;
  record.request = asked.request;
  ++known_;
  return record;
}

void ConnectionRegistry::join(std::uint32_t index, const std::vector<std::string>& tags) {
  ConnectionRecord& record = records_[index];
  record.join = ++lastJoin_;
  record.listed = true;
  all_.append(record.join, record.socket, index);
  record.tags.reserve(tags.size());
  for (const std::string& tag : tags) {
    auto at = tags_.find(tag);
    if (at == tags_.end()) at = tags_.emplace(tag, TagMembers()).first;
    at->second.list.append(record.join, record.socket, index);
    ++at->second.named;
    record.tags.push_back(&*at);
  }
}

void ConnectionRegistry::leave(ConnectionRecord& record) {
  if (!record.listed) return;
  record.listed = false;
  all_.remove(record.join);
  for (auto* tag : record.tags) tag->second.list.remove(record.join);
}

void ConnectionRegistry::release(Host::ConnectionKey key) {
  ConnectionRecord* record = find(key);
  if (record == nullptr) return;
  leave(*record);
  for (auto* tag : record->tags) {
    if (--tag->second.named > 0) continue;
    auto node = tags_.extract(tags_.find(tag->first));
    if (node.mapped().list.pinned()) goneTags_.push_back(std::move(node));
  }
  *record = ConnectionRecord();
  --known_;
}

MemberList* ConnectionRegistry::list(const std::optional<std::string>& tag) noexcept {
  if (!tag) return &all_;
  const auto at = tags_.find(*tag);
  return at == tags_.end() ? nullptr : &at->second.list;
}

std::optional<Host::ConnectionKey> ConnectionRegistry::newest(std::string_view id) noexcept {
  const auto at = tags_.find(id);
  if (at == tags_.end()) return std::nullopt;
  const MemberList& members = at->second.list;
  for (std::size_t position = members.size(); position > 0; --position) {
    const std::uint32_t index = members.indexAt(position - 1);
    if (records_[index].id == id) return keyOf(index);
  }
  return std::nullopt;
}

void ConnectionRegistry::collectJoins(std::string_view id, std::vector<JoinNumber>& joins) noexcept {
  const auto at = tags_.find(id);
  if (at == tags_.end()) return;
  const MemberList& members = at->second.list;
  for (std::size_t position = 0; position < members.size(); ++position) {
    if (records_[members.indexAt(position)].id == id) joins.push_back(members.joinAt(position));
  }
}

std::vector<Host::ConnectionKey> ConnectionRegistry::keys() const {
  std::vector<Host::ConnectionKey> result;
  for (std::uint32_t index = 0; index < records_.size(); ++index) {
    if (records_[index].phase != ConnectionRecord::Phase::free) result.push_back(keyOf(index));
  }
  return result;
}

std::span<const Host::SocketHandle> ConnectionRegistry::audience(MemberList& list, JoinNumber join) {
  if (!list.pinned()) pinned_.push_back(&list);
  return list.pinnedBefore(join);
}

void ConnectionRegistry::clear() noexcept {
  // What spans still show moves as a whole, so the bytes under them stay where they are.
  goneLists_.push_back(std::exchange(all_, MemberList()));
  for (ConnectionRecord& record : records_) {
    for (auto* tag : record.tags) {
      if (--tag->second.named == 0) goneTags_.push_back(tags_.extract(tags_.find(tag->first)));
    }
    record = ConnectionRecord();
  }
  pinned_.clear();
  known_ = 0;
}

void ConnectionRegistry::unpin() noexcept {
  for (MemberList* list : pinned_) list->unpin();
  pinned_.clear();
  goneTags_.clear();
  goneLists_.clear();
}

}  // namespace Party::Detail
