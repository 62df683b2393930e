#include "net/descriptor.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace Party::Serve {
namespace {

Transfer failedTransfer() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {later ? Transfer::Outcome::wouldBlock : Transfer::Outcome::ended, 0};
}

}  // namespace

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Transfer Descriptor::read(std::span<char> into) {
  const auto count = ::recv(number_, into.data(), into.size(), 0);
  if (count < 0) return failedTransfer();
  if (count == 0) return {Transfer::Outcome::ended, 0};
  return {Transfer::Outcome::done, static_cast<std::size_t>(count)};
}

Transfer Descriptor::write(std::string_view bytes) {
  const auto count = ::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count < 0) return failedTransfer();
  const auto sent = static_cast<std::size_t>(count);
  return {sent == bytes.size() ? Transfer::Outcome::done : Transfer::Outcome::wouldBlock, sent};
}

void Descriptor::endOutput() { ::shutdown(number_, SHUT_WR); }

std::size_t Descriptor::unread() const {
  int count = 0;
  return ::ioctl(number_, FIONREAD, &count) == 0 && count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t raiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace Party::Serve
