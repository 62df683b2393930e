#pragma once

#include "log.h"
#include "parties.h"
#include "server.h"
#include "temporary_directory.h"

#include <functional>
#include <memory>
#include <thread>
#include <utility>

namespace Party::Serve {

/// The real server, in a thread of the test, on a port of its own. `restart` keeps the data.
class TestServer {
 public:
  explicit TestServer(std::function<void(Options&)> change = {}, Host::Parties parties = testParties())
      : parties_(std::move(parties)) {
    Log::configure("off", false);
    options_.port = 0;
    options_.shards = 2;
    options_.watchRules = true;
    options_.data = home_ / "state";
    if (change) change(options_);
    start();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() { stop(); }

  std::uint16_t port() const { return server_->port(); }
  const std::filesystem::path& home() const { return home_.path(); }
  /// Begins the end, as SIGTERM does, and does not wait.
  void beginEnd() { server_->stop(); }
  /// For the next `restart`.
  void change(const std::function<void(Options&)>& how) { how(options_); }
  void restart() {
    stop();
    start();
  }

 private:
  void start() {
    server_ = std::make_unique<Server>(options_, parties_);
    thread_ = std::thread([this] { server_->run(); });
  }
  void stop() {
    server_->stop();
    thread_.join();
    server_.reset();
  }

  TemporaryDirectory home_;
  Host::Parties parties_;
  Options options_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace Party::Serve
