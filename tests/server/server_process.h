#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Party::Serve {

/// The real executable as a child of the test, with its output in files of the test's directory.
class ServerProcess {
 public:
  struct Start {
    std::vector<std::string> arguments;
    std::string program = PARTY_TEST_SERVER;
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::pair<__rlimit_resource_t, rlim_t>> limits;
    /// As anybody: files that others closed are closed to it too, even when the tests run as root.
    bool unprivileged = false;
  };

  /// Starts it; does not wait for anything.
  ServerProcess(Start start, const std::string& outputFolder);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  /// Kills what still runs.
  ~ServerProcess();

  /// Waits for "Ready on" and gives the port; 0 when the process ended instead, or needs longer.
  std::uint16_t waitUntilReady(std::chrono::milliseconds patience = std::chrono::seconds(20));
  void signal(int number) const;
  /// Waits for the end: the exit code, or 1000 plus the signal that ended it.
  int wait();
  /// The same, or nothing when it still runs after this time.
  std::optional<int> waitAtMost(std::chrono::milliseconds limit);
  std::string standardOutput() const;
  std::string standardError() const;

 private:
  bool hasEnded();

  std::string folder_;
  int process_ = -1;
  std::optional<int> status_;
};

}  // namespace Party::Serve
