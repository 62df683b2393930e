#include <party/error.h>
#include <party/message.h>

#include <string>

namespace Party {
Message::Message(std::string_view text) : content_(SharedBytes::make(text, SharedBytes::messageHeadroom, textTag)) {
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
