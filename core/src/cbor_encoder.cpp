#include <party/cbor.h>
#include <party/detail/fields.h>
#include <party/error.h>
#include <party/message.h>

#include <algorithm>
#include <cmath>

namespace Party {

void Encoder::number(double value) {
  if (!std::isfinite(value)) {
    const std::uint16_t half = std::isnan(value) ? 0x7e00 : value > 0 ? 0x7c00 : 0xfc00;
    headAnd(0xf9, half);
    return;
  }
  constexpr double maxFloat = std::numeric_limits<float>::max();
  const bool inRange = value >= -maxFloat && value <= maxFloat;
  const float narrow = inRange ? static_cast<float>(value) : 0.0f;
  if (inRange && std::bit_cast<std::uint64_t>(static_cast<double>(narrow)) == std::bit_cast<std::uint64_t>(value)) {
    headAnd(0xfa, std::bit_cast<std::uint32_t>(narrow));
  } else {
    headAnd(0xfb, std::bit_cast<std::uint64_t>(value));
  }
}

SharedBytes Encoder::finish() {
  const auto size = static_cast<std::size_t>(at_ - begin());
  if (block_.data() != nullptr && size == block_.size()) return std::move(block_);
  return SharedBytes::make({begin(), size}, 0, 0);
}

void Encoder::grow(std::size_t size) {
  const auto used = static_cast<std::size_t>(at_ - begin());
  const auto capacity = static_cast<std::size_t>(end_ - begin());
  SharedBytes larger = SharedBytes::allocate(std::max(capacity * 2, used + size), 0, 0);
  if (used > 0) std::memcpy(larger.mutableData(), begin(), used);
  block_ = std::move(larger);
  at_ = block_.mutableData() + used;
  end_ = block_.mutableData() + block_.size();
}

void Encoder::checkUtf8(std::string_view text) {
  if (isValidUtf8(text)) return;
  throw Error("text in a value must be valid UTF-8", std::nullopt,
              "the text has " + std::to_string(text.size()) +
                  " bytes; store bytes that are not text as std::vector<std::byte>");
}

void Encoder::tooDeep() {
  throw Error("a value is nested deeper than the limit of " + std::to_string(maxValueDepth) + " levels", std::nullopt,
              "store its parts under keys of their own");
}

void Detail::checkMoment(double milliseconds) {
  if (isMoment(milliseconds)) return;
  throw Error("a time to be stored must lie within 8,640,000,000,000,000 milliseconds of 1970");
}

}  // namespace Party
