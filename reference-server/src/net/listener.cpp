#include "net/listener.h"

#include "exit_codes.h"
#include "log.h"

#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace Party::Serve {
namespace {

constexpr auto restLength = std::chrono::milliseconds(200);

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses addressesOf(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    throw Refusal(ExitCode::usage, fmt::format("\"{}\" is no address to listen on: {}; give an address of this machine "
                                               "with --host, such as 127.0.0.1 or 0.0.0.0",
                                               host, ::gai_strerror(error)));
  }
  return {found, &::freeaddrinfo};
}

[[noreturn]] void refuse(const std::string& host, std::uint16_t port, int error) {
  if (error == EADDRINUSE) {
    throw Refusal(ExitCode::cannotCreate,
                  fmt::format("port {} on {} is in use by another program; stop that one, or choose another port with "
                              "--port (0 takes any that is free)",
                              port, host));
  }
  if (error == EACCES) {
    throw Refusal(
        ExitCode::noPermission,
        fmt::format("port {} on {} needs more rights than this process has; choose one above 1023 with --port", port,
                    host));
  }
  throw Refusal(ExitCode::cannotCreate, fmt::format("cannot listen on {} port {}: {}; choose another address with "
                                                    "--host or port with --port",
                                                    host, port, std::strerror(error)));
}

std::uint16_t portOf(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

}  // namespace

Listener::Listener(Loop& loop, const std::string& host, std::uint16_t port, Take take)
    : loop_(loop), take_(std::move(take)) {
  const Addresses addresses = addressesOf(host, port);
  const addrinfo& address = *addresses;
  descriptor_ = Descriptor(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor_.isOpen()) refuse(host, port, errno);
  const int on = 1;
  ::setsockopt(descriptor_.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(descriptor_.number(), address.ai_addr, address.ai_addrlen) != 0) refuse(host, port, errno);
  if (::listen(descriptor_.number(), SOMAXCONN) != 0) refuse(host, port, errno);
  port_ = portOf(descriptor_.number());
  loop_.watch(descriptor_.number(), *this, {.read = true});
}

Listener::~Listener() {
  loop_.cancel(resting_);
  loop_.forget(descriptor_.number());
}

void Listener::ready(Readiness) {
  while (true) {
    const int client = ::accept4(descriptor_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) rest();
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    saidSo_ = false;
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    take_(Descriptor(client));
  }
}

void Listener::rest() {
  if (!saidSo_) {
    Log::line(Level::warning, "no descriptor is left for another client ({}); new ones wait until some have gone",
              std::strerror(errno));
    saidSo_ = true;
  }
  loop_.change(descriptor_.number(), {});
  resting_ = loop_.at(std::chrono::steady_clock::now() + restLength,
                      [this] { loop_.change(descriptor_.number(), {.read = true}); });
}

}  // namespace Party::Serve
