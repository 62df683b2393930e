#pragma once

#include <party/http.h>

#include <functional>
#include <string>
#include <vector>

namespace Party::Sim {

/// Answers in the place of somebody outside, whom `room().fetch` reaches. It should depend on the request alone: one
/// answer serves all lives, and the same life must see the same. What it throws fails the call.
using PeerAnswer = std::function<Response(const Request&)>;

struct Peer {
  /// Scheme and host: `https://api.example`.
  std::string origin;
  PeerAnswer answer;
};
using Peers = std::vector<Peer>;

}  // namespace Party::Sim
