#pragma once

#include <party/message.h>
#include <party/sim/scenario.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace Party::Sim::Detail {

/// What steps send, made once where it is long: a life, its twins and those after it send the same few texts again.
class FilledMessages {
 public:
  Message of(const Step& step);

 private:
  static constexpr std::size_t most = 16;  // the longest has 1.1 MB

  struct Known {
    Verb verb;
    std::uint32_t number;
    std::string payload;
    Message message;
  };
  std::vector<Known> known_;
  std::size_t next_ = 0;
};

}  // namespace Party::Sim::Detail
