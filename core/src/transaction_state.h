#pragma once

#include <party/host/effect.h>

#include <cstdint>
#include <memory>

#include "running_handlers.h"
#include "storage_overlay.h"

/// What a transaction has written and nobody outside it sees as durable: a layer over the room's overlay, and over the
/// layer of the transaction around it. It is merged downwards as a whole, or dropped (STORE-109).

namespace Party::Detail {

struct TransactionState {
  enum class Phase : std::uint8_t { running, rolledBack, committed };

  Phase phase = Phase::running;
  SectionId section = 0;
  bool confirmed = false;  // one of its writes is
  StorageOverlay overlay;
  Host::UnitWrites writes;
  std::shared_ptr<TransactionState> outer;
};

}  // namespace Party::Detail
