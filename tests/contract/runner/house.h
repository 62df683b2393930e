#pragma once

#include "arm.h"

#include "../../server/server_process.h"
#include "../../server/temporary_directory.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace Party::Contract {

/// A program that serves the probe, as a child process; its data lives as long as this object.
class House {
 public:
  struct Program {
    std::string path;
    /// `{data}` and `{port}` are replaced; a port that is not asked for is the program's own choice.
    std::vector<std::string> arguments;
    std::chrono::milliseconds patience{20'000};
    /// The exit code by which it says that it is not available here; 0 for none.
    int exitCodeOfUnavailable = 0;
  };

  /// Starts it and waits until it serves. Throws `Unavailable`, or `std::runtime_error` with the end of its output.
  explicit House(Program program);
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  std::uint16_t port() const { return port_; }
  /// Kills it as kill -9 does, and starts it again with what it had on disk.
  void restart();

 private:
  void start();

  Program program_;
  Serve::TemporaryDirectory home_;
  std::unique_ptr<Serve::ServerProcess> process_;
  std::uint16_t port_ = 0;
};

}  // namespace Party::Contract
