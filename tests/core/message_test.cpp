#include <gtest/gtest.h>
#include <party/error.h>
#include <party/message.h>

#include <array>
#include <string>
#include <string_view>

#include "utf8.h"

namespace Party {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view name, bytes;
  bool valid;
};

// Unicode 15, table 3-7: the first and the last of every range, and their neighbours.
const Case utf8Cases[] = {
    {"empty                    ", ""sv, true},
    {"NUL                      ", "\0"sv, true},
    {"ASCII                    ", "abc \x7f"sv, true},
    {"U+0080                   ", "\xc2\x80"sv, true},
    {"U+07FF                   ", "\xdf\xbf"sv, true},
    {"U+0800                   ", "\xe0\xa0\x80"sv, true},
    {"U+D7FF                   ", "\xed\x9f\xbf"sv, true},
    {"U+E000                   ", "\xee\x80\x80"sv, true},
    {"U+FFFF                   ", "\xef\xbf\xbf"sv, true},
    {"U+10000                  ", "\xf0\x90\x80\x80"sv, true},
    {"U+10FFFF                 ", "\xf4\x8f\xbf\xbf"sv, true},
    {"overlong NUL             ", "\xc0\x80"sv, false},
    {"overlong, 2 for 1        ", "\xc1\xbf"sv, false},
    {"overlong, 3 for 2        ", "\xe0\x9f\xbf"sv, false},
    {"overlong, 4 for 3        ", "\xf0\x8f\xbf\xbf"sv, false},
    {"first surrogate          ", "\xed\xa0\x80"sv, false},
    {"last surrogate           ", "\xed\xbf\xbf"sv, false},
    {"surrogate pair           ", "\xed\xa0\xbd\xed\xb8\x80"sv, false},
    {"above U+10FFFF           ", "\xf4\x90\x80\x80"sv, false},
    {"lead F5                  ", "\xf5\x80\x80\x80"sv, false},
    {"lead FF                  ", "\xff"sv, false},
    {"lone continuation        ", "\x80"sv, false},
    {"two continuations        ", "\xc2\x80\x80"sv, false},
    {"truncated, 1 of 2        ", "\xc3"sv, false},
    {"truncated, 1 of 3        ", "\xe2"sv, false},
    {"truncated, 2 of 3        ", "\xe2\x9c"sv, false},
    {"truncated, 3 of 4        ", "\xf0\x9f\x98"sv, false},
    {"ASCII for a continuation ", "\xe2\x9c."sv, false},
    {"lead for a continuation  ", "\xe2\xe2\x9c\x93"sv, false},
};

TEST(Utf8, IsWellFormedOrNotWhereverItStands) {
  for (const auto& [name, bytes, valid] : utf8Cases) {
    // Around the 16 bytes that are looked at together, at the end, and before more text.
    for (std::size_t before = 0; before < 35; ++before) {
      const std::string text = std::string(before, 'x') + std::string(bytes);
      EXPECT_EQ(isValidUtf8(text), valid) << name << " after " << before;
      EXPECT_EQ(isValidUtf8(text + std::string(40, 'y')), valid) << name << " after " << before << " and before 40";
    }
  }
}

TEST(Utf8, EveryPairOfBytesIsJudgedByTheSameRule) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::array<char, 2> bytes = {static_cast<char>(first), static_cast<char>(second)};
      const bool ascii = first < 0x80 && second < 0x80;
      const bool twoByteForm = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
      EXPECT_EQ(isValidUtf8({bytes.data(), 2}), ascii || twoByteForm) << first << " " << second;
    }
  }
}

// The URL and encoding standards: one U+FFFD for each maximal part of a broken character.
TEST(Utf8, BrokenPartsBecomeReplacementCharacters) {
  const std::string fffd = "\xef\xbf\xbd";
  EXPECT_EQ(Detail::toValidUtf8("ok \xc3\xa9"), "ok \xc3\xa9");
  EXPECT_EQ(Detail::toValidUtf8("a\xff"
                                "b"),
            "a" + fffd + "b");
  EXPECT_EQ(Detail::toValidUtf8("\xe2\x9c"), fffd);
  EXPECT_EQ(Detail::toValidUtf8("\xf0\x9f\x98 x"), fffd + " x");
  EXPECT_EQ(Detail::toValidUtf8("\xed\xa0\x80"), fffd + fffd + fffd);
  EXPECT_EQ(Detail::toValidUtf8("\xf0\x80\x80"), fffd + fffd + fffd);
  EXPECT_EQ(Detail::toValidUtf8("\xe2\xe2\x9c\x93"), fffd + "\xe2\x9c\x93");
  for (const auto& [name, bytes, valid] : utf8Cases)
    EXPECT_TRUE(isValidUtf8(Detail::toValidUtf8(std::string(bytes)))) << name;
}

// MESSAGE-1, WS-005
TEST(Message, OfTextThatIsNoUtf8CannotBeMade) {
  for (const auto& [name, bytes, valid] : utf8Cases) {
    if (valid) {
      EXPECT_EQ(Message(bytes).text(), bytes) << name;
    } else {
      EXPECT_THROW(Message{bytes}, Error) << name;
    }
  }
}

// MESSAGE-1, MESSAGE-15, WS-001
TEST(Message, IsTextOrBytesAndNeverBoth) {
  const Message text("hi");
  EXPECT_TRUE(text.isText());
  EXPECT_EQ(text.text(), "hi");
  EXPECT_EQ(text.bytes().size(), 2u);

  const Message bytes = Message::bytes("h\xff");
  EXPECT_FALSE(bytes.isText());
  EXPECT_EQ(bytes.content(), "h\xff");
  EXPECT_THROW(bytes.text(), Error);
  EXPECT_NE(Message("same"), Message::bytes("same"));
  EXPECT_EQ(Message("same"), Message("same"));
}

TEST(Message, CanBeEmptyOfEitherKind) {
  EXPECT_TRUE(Message().isText());
  EXPECT_EQ(Message().text(), "");
  EXPECT_EQ(Message::bytes("").size(), 0u);
  EXPECT_FALSE(Message::bytes("").isText());
}

TEST(Message, CopiesShareOneBlockWithRoomForAFrameHeader) {
  static_assert(sizeof(Message) == 8);
  const Message message("hi");
  const Message copy = message;
  EXPECT_EQ(copy.content().data(), message.content().data());
  EXPECT_GE(message.block().headroom(), SharedBytes::messageHeadroom);
  EXPECT_GE(Message::trustedText("hi").block().headroom(), SharedBytes::messageHeadroom);
  EXPECT_GE(Message::bytes("hi").block().headroom(), SharedBytes::messageHeadroom);
}

}  // namespace
}  // namespace Party
