#pragma once

#include <party/shared_bytes.h>
#include <party/time.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace Party::Sim {

/// What is durable of one room: keys and encoded values in the order of their bytes, and the alarm.
struct DiskImage {
  std::map<std::string, SharedBytes, std::less<>> entries;
  std::optional<Time> alarm;
  friend bool operator==(const DiskImage&, const DiskImage&) = default;
};

}  // namespace Party::Sim
