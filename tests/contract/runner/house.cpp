#include "house.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace Party::Contract {
namespace {

/// A port that nobody listens on now.
std::uint16_t freePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  if (!bound) throw std::runtime_error("there is no free port");
  return ntohs(address.sin_port);
}

std::string endOf(const std::string& text) {
  constexpr std::size_t most = 2'000;
  return text.size() > most ? text.substr(text.size() - most) : text;
}

}  // namespace

House::House(Program program) : program_(std::move(program)) { start(); }

House::~House() {
  // In order, because it may have children of its own.
  process_->signal(SIGTERM);
  if (!process_->waitAtMost(std::chrono::seconds(10))) process_->signal(SIGKILL);
}

void House::start() {
  Serve::ServerProcess::Start start;
  start.program = program_.path;
  const std::string data = (home_ / "data").string();
  std::string port;
  for (std::string argument : program_.arguments) {
    if (argument == "{port}") argument = port = std::to_string(freePort());
    if (const auto at = argument.find("{data}"); at != std::string::npos) argument.replace(at, 6, data);
    start.arguments.push_back(std::move(argument));
  }
  process_ = std::make_unique<Serve::ServerProcess>(std::move(start), home_.path().string());
  port_ = process_->waitUntilReady(program_.patience);
  if (port_ != 0) return;
  const std::string output = endOf(process_->standardOutput() + process_->standardError());
  const auto exitCode = process_->waitAtMost(std::chrono::milliseconds(0));
  if (exitCode && *exitCode == program_.exitCodeOfUnavailable && *exitCode != 0) throw Unavailable(output);
  throw std::runtime_error(fmt::format("{} does not serve: {}", program_.path, output));
}

void House::restart() {
  process_->signal(SIGKILL);
  process_->wait();
  process_.reset();
  start();
}

}  // namespace Party::Contract
