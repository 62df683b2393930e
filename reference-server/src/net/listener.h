#pragma once

#include "net/descriptor.h"
#include "net/loop.h"

#include <cstdint>
#include <functional>
#include <string>

namespace Party::Serve {

/// Takes new clients. Out of descriptors, it stops for a moment, says so once, and goes on.
class Listener final : public Watcher {
 public:
  using Take = std::function<void(Descriptor client)>;

  /// Throws `Refusal` with the port and the next step when it cannot listen there. Port 0 means any that is free.
  Listener(Loop& loop, const std::string& host, std::uint16_t port, Take take);
  ~Listener();

  std::uint16_t port() const { return port_; }
  void ready(Readiness readiness) override;

 private:
  void rest();

  Loop& loop_;
  Take take_;
  Descriptor descriptor_;
  std::uint16_t port_ = 0;
  Loop::Timer resting_ = 0;
  bool saidSo_ = false;
};

}  // namespace Party::Serve
