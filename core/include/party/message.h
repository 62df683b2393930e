#pragma once

#include <party/shared_bytes.h>

#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace Party {

/// What travels over a connection: text or bytes, immutable, shared, 8 bytes to copy (MESSAGE-1).
///
/// Text is always valid UTF-8: a Message with anything else cannot be made, the constructor throws `Party::Error`.
class Message {
 public:
  /// Empty text.
  Message() : Message(std::string_view()) {}
  Message(std::string_view text);
  Message(const char* text) : Message(std::string_view(text)) {}
  Message(const std::string& text) : Message(std::string_view(text)) {}

  static Message bytes(std::span<const std::byte> bytes);
  static Message bytes(std::string_view bytes);

  bool isText() const noexcept { return content_.tag() == textTag; }
  std::size_t size() const noexcept { return content_.size(); }

  /// The text, valid as long as this Message or a copy of it lives. Throws `Party::Error` when the message is bytes.
  std::string_view text() const;
  /// The content whatever its kind.
  std::span<const std::byte> bytes() const noexcept { return content_.span(); }
  std::string_view content() const noexcept { return content_.view(); }

  /// For hosts: the shared block, with headroom for a frame header, and back. `text` must have been checked as UTF-8.
  const SharedBytes& block() const noexcept { return content_; }
  static Message trustedText(std::string_view text);

  friend bool operator==(const Message& a, const Message& b) noexcept {
    return a.isText() == b.isText() && a.content() == b.content();
  }

 private:
  static constexpr std::uint8_t textTag = 1;
  static constexpr std::uint8_t bytesTag = 2;
  explicit Message(SharedBytes content) noexcept : content_(std::move(content)) {}

  SharedBytes content_;
};

/// True when `text` is well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool isValidUtf8(std::string_view text) noexcept;

}  // namespace Party
