#include "connection_registry.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace Party::Detail {
namespace {

// Doubling would waste half of what a crowd takes; a quarter is still constant work for each.
template <class T>
void growForOne(std::vector<T>& list) {
  if (list.size() == list.capacity()) list.reserve(list.size() + list.size() / 4 + 4);
}

}  // namespace

void MemberList::append(std::uint32_t index) {
  if (sockets_.size() == sockets_.capacity()) {
    beforeChange();
    growForOne(sockets_);
  }
  growForOne(indexes_);
  sockets_.push_back((*records_)[index].socket);
  indexes_.push_back(index);
}

void MemberList::remove(JoinNumber join) {
  const auto position = static_cast<std::ptrdiff_t>(positionOf(join));
  beforeChange();
  sockets_.erase(sockets_.begin() + position);
  indexes_.erase(indexes_.begin() + position);
}

// Most ask for everyone: whoever joins next is behind the last.
std::size_t MemberList::positionOf(JoinNumber join) const noexcept {
  if (indexes_.empty() || joinAt(size() - 1) < join) return size();
  const auto joinOf = [this](std::uint32_t index) { return (*records_)[index].join; };
  return static_cast<std::size_t>(std::ranges::lower_bound(indexes_, join, {}, joinOf) - indexes_.begin());
}

JoinNumber MemberList::joinAt(std::size_t position) const noexcept { return (*records_)[indexes_[position]].join; }

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

ConnectionNames::ConnectionNames(std::string_view id, std::string_view uri, std::span<Tag* const> tags) {
  const std::size_t shown = uri.rfind(id);
  const bool own = shown == std::string_view::npos;
  const std::size_t text = sizeof(Block) + tags.size_bytes();
  block_.reset(::new (::operator new(text + uri.size() + (own ? id.size() : 0))) Block());
  *block_ = {static_cast<std::uint32_t>(uri.size()), static_cast<std::uint32_t>(own ? uri.size() : shown),
             static_cast<std::uint32_t>(id.size()), static_cast<std::uint32_t>(tags.size())};
  char* at = reinterpret_cast<char*>(block_.get()) + sizeof(Block);
  if (!tags.empty()) std::memcpy(at, tags.data(), tags.size_bytes());
  at += tags.size_bytes();
  at = std::ranges::copy(uri, at).out;
  if (own) std::ranges::copy(id, at);
}

const char* ConnectionNames::text() const noexcept {
  return reinterpret_cast<const char*>(block_.get()) + sizeof(Block) + block_->tags * sizeof(Tag*);
}
std::string_view ConnectionNames::id() const noexcept {
  return block_ ? std::string_view(text() + block_->idAt, block_->idBytes) : std::string_view();
}
std::string_view ConnectionNames::uri() const noexcept {
  return block_ ? std::string_view(text(), block_->uriBytes) : std::string_view();
}
std::span<Tag* const> ConnectionNames::tags() const noexcept {
  if (!block_) return {};
  return {reinterpret_cast<Tag* const*>(block_.get() + 1), block_->tags};
}

bool ConnectionRecord::carries(std::string_view tag) const noexcept {
  return id() == tag || std::ranges::any_of(names.tags(), [&](const Tag* own) { return own->first == tag; });
}

ConnectionRecord& ConnectionRegistry::request(const Host::ConnectRequested& asked) {
  const std::uint32_t index = asked.connection.index;
  if (index >= records_.capacity()) records_.reserve(std::max<std::size_t>(index + 1, index + index / 4));
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
  record.changing().request = asked.request;
  ++known_;
  return record;
}

void ConnectionRegistry::join(std::uint32_t index, const std::vector<std::string>& tags) {
  ConnectionRecord& record = records_[index];
  std::vector<Tag*> carried;
  carried.reserve(tags.size());
  for (auto tag = tags.begin() + 1; tag != tags.end(); ++tag) {
    auto at = tags_.find(*tag);
    if (at == tags_.end()) at = tags_.emplace(*tag, TagMembers(records_)).first;
    carried.push_back(&*at);
  }
  record.names = ConnectionNames(record.id(), record.uri(), carried);
  record.join = ++lastJoin_;
  record.listed = true;
  all_.append(index);
  for (Tag* tag : carried) {
    tag->second.list.append(index);
    ++tag->second.named;
  }
  ids_.add(index, idOf());
}

void ConnectionRegistry::leave(ConnectionRecord& record) {
  if (!record.listed) return;
  record.listed = false;
  all_.remove(record.join);
  for (Tag* tag : record.names.tags()) tag->second.list.remove(record.join);
}

void ConnectionRegistry::release(Host::ConnectionKey key) {
  ConnectionRecord* record = find(key);
  if (record == nullptr) return;
  leave(*record);
  if (record->join != 0) ids_.remove(key.index, idOf());
  for (Tag* tag : record->names.tags()) {
    if (--tag->second.named > 0) continue;
    auto node = tags_.extract(tags_.find(tag->first));
    if (node.mapped().list.pinned()) goneTags_.push_back(std::move(node));
  }
  *record = ConnectionRecord();
  --known_;
}

MemberList* ConnectionRegistry::list(const std::optional<std::string>& tag) {
  if (!tag) return &all_;
  const auto at = tags_.find(*tag);
  MemberList* tagged = at == tags_.end() ? nullptr : &at->second.list;
  std::vector<std::uint32_t> members;
  ids_.visit(*tag, idOf(), [&](std::uint32_t index) {
    if (records_[index].listed) members.push_back(index);
  });
  if (members.empty()) return tagged;
  // An id that others carry as a tag, which is rare: nobody is in both, as an own id among the tags is dropped.
  for (std::size_t position = 0; tagged != nullptr && position < tagged->size(); ++position) {
    members.push_back(tagged->indexAt(position));
  }
  std::ranges::sort(members, {}, [this](std::uint32_t index) { return records_[index].join; });
  MemberList& list = composed();
  for (const std::uint32_t index : members) list.append(index);
  return &list;
}

MemberList& ConnectionRegistry::composed() {
  if (composed_.empty() || composed_.back()->pinned()) {
    composed_.push_back(std::make_unique<MemberList>(records_));
  } else {
    *composed_.back() = MemberList(records_);
  }
  return *composed_.back();
}

std::optional<Host::ConnectionKey> ConnectionRegistry::newest(std::string_view id) const noexcept {
  const ConnectionRecord* newest = nullptr;
  ids_.visit(id, idOf(), [&](std::uint32_t index) {
    const ConnectionRecord& record = records_[index];
    if (record.listed && (newest == nullptr || newest->join < record.join)) newest = &record;
  });
  if (newest == nullptr) return std::nullopt;
  return keyOf(static_cast<std::uint32_t>(newest - records_.data()));
}

void ConnectionRegistry::collectJoins(std::string_view id, std::vector<JoinNumber>& joins) const {
  const auto before = static_cast<std::ptrdiff_t>(joins.size());
  ids_.visit(id, idOf(), [&](std::uint32_t index) {
    if (records_[index].listed) joins.push_back(records_[index].join);
  });
  std::ranges::sort(joins.begin() + before, joins.end());
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
  goneLists_.push_back(std::exchange(all_, MemberList(records_)));
  ids_.clear();
  for (ConnectionRecord& record : records_) {
    for (Tag* tag : record.names.tags()) {
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
  if (composed_.size() > 1) composed_.clear();
}

}  // namespace Party::Detail
