#include <party/error.h>
#include <party/message.h>

#include <cstdint>
#include <cstring>

namespace Party {
namespace {

// The length of the well-formed sequence that starts at `at`, or 0. Table 3-7 of the Unicode standard.
std::size_t sequenceLength(const unsigned char* at, std::size_t left) noexcept {
  const auto continuation = [&](std::size_t index, unsigned char low = 0x80, unsigned char high = 0xbf) {
    return index < left && at[index] >= low && at[index] <= high;
  };
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continuation(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned char low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : 0xbf;
    return continuation(1, low, high) && continuation(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned char low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xf4 ? 0x8f : 0xbf;
    return continuation(1, low, high) && continuation(2) && continuation(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool isValidUtf8(std::string_view text) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    if ((word & 0x8080808080808080u) != 0) break;
    at += 8;
    left -= 8;
  }
  while (left > 0) {
    const std::size_t length = sequenceLength(at, left);
    if (length == 0) return false;
    at += length;
    left -= length;
  }
  return true;
}

Message::Message(std::string_view text)
    : content_(SharedBytes::make(text, SharedBytes::messageHeadroom, textTag)) {
  if (!isValidUtf8(text)) {
    throw Error("a text message must be valid UTF-8", std::nullopt,
                "the text has " + std::to_string(text.size()) + " bytes; send Message::bytes(...) for anything else");
  }
}

Message Message::trustedText(std::string_view text) {
  return Message(SharedBytes::make(text, SharedBytes::messageHeadroom, textTag));
}

Message Message::bytes(std::string_view bytes) {
  return Message(SharedBytes::make(bytes, SharedBytes::messageHeadroom, bytesTag));
}

Message Message::bytes(std::span<const std::byte> bytes) {
  return Message::bytes(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string_view Message::text() const {
  if (!isText()) throw Error("text() called on a message of " + std::to_string(size()) + " bytes that is not text");
  return content_.view();
}

}  // namespace Party
