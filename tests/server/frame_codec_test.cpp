#include "net/frame_codec.h"

#include "client_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
// gtest first, rapidcheck's adapter needs it
#include <fmt/core.h>
#include <rapidcheck/gtest.h>

namespace Party::Serve {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t mebibyte = 1'048'576;

std::string nameOf(const FrameEvent& event) {
  if (const auto* message = std::get_if<Message>(&event)) {
    return fmt::format("{} {}", message->isText() ? "text" : "bytes", message->content());
  }
  if (const auto* ping = std::get_if<PingFrame>(&event)) return "ping " + ping->payload;
  if (std::holds_alternative<PongFrame>(event)) return "pong";
  if (const auto* close = std::get_if<CloseFrame>(&event))
    return fmt::format("close {} {}", close->code, close->reason);
  const auto& fault = std::get<FrameFault>(event);
  return fmt::format("fault {} {}", fault.code, fault.reason);
}

/// Feeds the bytes in pieces of `pieceSize` and names the events.
std::vector<std::string> eventsOf(std::string bytes, std::size_t pieceSize = static_cast<std::size_t>(-1),
                                  std::size_t limit = mebibyte) {
  FrameDecoder decoder(limit);
  std::vector<std::string> events;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(pieceSize, bytes.size() - at)) {
    std::span<char> piece(bytes.data() + at, std::min(pieceSize, bytes.size() - at));
    while (auto event = decoder.next(piece)) events.push_back(nameOf(*event));
    EXPECT_TRUE(piece.empty());
  }
  return events;
}

// MESSAGE-1
TEST(FrameDecoder, GivesTextAndBytesAsTheyCameEmptyOnesIncluded) {
  EXPECT_THAT(eventsOf(textFrame("hello") + binaryFrame("\x01\x02") + textFrame("") + binaryFrame("")),
              ElementsAre("text hello", "bytes \x01\x02", "text ", "bytes "));
}

// MESSAGE-13, WS-035
TEST(FrameDecoder, PutsFragmentsTogetherAndGivesControlFramesBetweenThemAtOnce) {
  const auto bytes = clientFrame(0x01, "he") + clientFrame(0x89, "are you there") + clientFrame(0x00, "") +
                     clientFrame(0x8a, "") + clientFrame(0x80, "llo") + textFrame("next");
  EXPECT_THAT(eventsOf(bytes), ElementsAre("ping are you there", "pong", "text hello", "text next"));
  EXPECT_THAT(eventsOf(bytes, 1), ElementsAre("ping are you there", "pong", "text hello", "text next"));
}

TEST(FrameDecoder, ReadsEveryLengthFormWhereverTheBytesAreCut) {
  for (const std::size_t size : {125u, 126u, 65'535u, 65'536u, 200'000u}) {
    const std::string payload(size, 'x');
    for (const std::size_t piece : {1u, 3u, 4'096u}) {
      EXPECT_EQ(eventsOf(textFrame(payload), piece), std::vector{"text " + payload}) << size << " in " << piece;
    }
  }
}

// MESSAGE-9, MESSAGE-10, WS-032
TEST(FrameDecoder, TakesAMessageOfExactlyTheLimitAndNamesTheExcessOfALongerOne) {
  EXPECT_EQ(eventsOf(binaryFrame(std::string(mebibyte, 'x'))).at(0).size(), 6 + mebibyte);
  EXPECT_THAT(eventsOf(binaryFrame(std::string(mebibyte + 1, 'x'))),
              ElementsAre("fault 1009 Message is too large: 1048577 > 1048576"));
  EXPECT_THAT(eventsOf(clientFrame(0x01, std::string(600'000, 'x')) + clientFrame(0x80, std::string(600'000, 'x'))),
              ElementsAre("fault 1009 Message is too large: 600000 > 448576"));
}

TEST(FrameDecoder, AnEnormousAnnouncedLengthIsRefusedFromItsHeaderAlone) {
  const std::string header("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", 14);
  EXPECT_THAT(eventsOf(header, 1), ElementsAre("fault 1009 Message is too large: 9223372036854775807 > 1048576"));
}

struct Hostile {
  const char* what;
  std::string bytes;
  std::string event;
};
void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.what; }

class HostileFrames : public ::testing::TestWithParam<Hostile> {};

// MESSAGE-16, MESSAGE-17, WS-033, WS-034, D-15: what the reference tolerates against RFC 6455 is refused
TEST_P(HostileFrames, EndInOneFaultHoweverTheyAreCutAndNothingIsReadBehindThem) {
  const auto& hostile = GetParam();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, hostile.bytes.size() + 100}) {
    EXPECT_THAT(eventsOf(hostile.bytes + textFrame("behind") + clientClose(1000), piece), ElementsAre(hostile.event));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, HostileFrames,
    ::testing::Values(
        Hostile{"reserved opcode 3", clientFrame(0x83, "x"), "fault 1002 Unknown opcode 3"},
        Hostile{"reserved opcode 7", clientFrame(0x87, "x"), "fault 1002 Unknown opcode 7"},
        Hostile{"reserved control opcode 11", clientFrame(0x8b, ""), "fault 1002 Unknown opcode 11"},
        Hostile{"reserved control opcode 15", clientFrame(0x8f, ""), "fault 1002 Unknown opcode 15"},
        Hostile{"continuation of nothing", clientFrame(0x80, "x"), "fault 1002 Unexpected continuation frame"},
        Hostile{"unfinished continuation of nothing", clientFrame(0x00, "x"),
                "fault 1002 Unexpected continuation frame"},
        Hostile{"text inside a message", clientFrame(0x01, "a") + clientFrame(0x81, "b"),
                "fault 1002 Missing continuation frame"},
        Hostile{"bytes inside a message", clientFrame(0x02, "a") + clientFrame(0x82, "b"),
                "fault 1002 Missing continuation frame"},
        Hostile{"fragmented ping", clientFrame(0x09, "x"), "fault 1002 Received fragmented control frame"},
        Hostile{"fragmented close", clientFrame(0x08, ""), "fault 1002 Received fragmented control frame"},
        Hostile{"ping of 126 bytes", clientFrame(0x89, std::string(126, 'p')),
                "fault 1002 Received a control frame of more than 125 bytes"},
        Hostile{"first reserved bit", clientFrame(0xc1, "x"),
                "fault 1002 Received a WebSocket frame whose compression bit was set, but the compression extension "
                "was not negotiated for this connect"},
        Hostile{"second reserved bit", clientFrame(0xa1, "x"),
                "fault 1002 Received a WebSocket frame whose reserved bits were set"},
        Hostile{"third reserved bit on a close", clientFrame(0x98, ""),
                "fault 1002 Received a WebSocket frame whose reserved bits were set"},
        Hostile{"no mask", clientFrame(0x81, "hello", 0, false), "fault 1002 Received an unmasked frame"},
        Hostile{"short length in 16 bits", std::string("\x81\xfe\x00\x05\x00\x00\x00\x00hello", 13),
                "fault 1002 Received a frame length that is not in its shortest form"},
        Hostile{"short length in 64 bits", std::string("\x81\xff\0\0\0\0\0\0\0\x05\x00\x00\x00\x00hello", 19),
                "fault 1002 Received a frame length that is not in its shortest form"},
        Hostile{"text that is not UTF-8", textFrame("a\xffz"), "fault 1007 Received text that is not valid UTF-8"},
        Hostile{"overlong slash", textFrame("\xc0\xaf"), "fault 1007 Received text that is not valid UTF-8"},
        Hostile{"surrogate", textFrame("\xed\xa0\x80"), "fault 1007 Received text that is not valid UTF-8"},
        Hostile{"above U+10FFFF", textFrame("\xf4\x90\x80\x80"), "fault 1007 Received text that is not valid UTF-8"},
        Hostile{"text that ends inside a character", textFrame("\xe2\x82"),
                "fault 1007 Received text that is not valid UTF-8"},
        Hostile{"half a character, then an empty last frame", clientFrame(0x01, "\xe2\x82") + clientFrame(0x80, ""),
                "fault 1007 Received text that is not valid UTF-8"},
        Hostile{"a wrong byte in a message that has no end", clientFrame(0x01, "\xff"),
                "fault 1007 Received text that is not valid UTF-8"},
        Hostile{"close with one byte", clientFrame(0x88, "\x03"), "fault 1002 Received a close frame with half a code"},
        Hostile{"close 0", clientClose(0), "fault 1002 Received invalid close code 0"},
        Hostile{"close 999", clientClose(999), "fault 1002 Received invalid close code 999"},
        Hostile{"close 1004", clientClose(1004), "fault 1002 Received invalid close code 1004"},
        Hostile{"close 1005", clientClose(1005), "fault 1002 Received invalid close code 1005"},
        Hostile{"close 1006", clientClose(1006), "fault 1002 Received invalid close code 1006"},
        Hostile{"close 1015", clientClose(1015), "fault 1002 Received invalid close code 1015"},
        Hostile{"close 2999", clientClose(2999), "fault 1002 Received invalid close code 2999"},
        Hostile{"close 5000", clientClose(5000), "fault 1002 Received invalid close code 5000"},
        Hostile{"close 65535", clientClose(65'535), "fault 1002 Received invalid close code 65535"},
        Hostile{"close reason that is not UTF-8", clientClose(1000, "\xff"),
                "fault 1007 Received a close reason that is not valid UTF-8"}));

// MESSAGE-18, WS-036
TEST(FrameDecoder, IgnoresWhateverFollowsACloseFrame) {
  EXPECT_THAT(eventsOf(clientClose(4'000, "bye") + textFrame("late") + clientFrame(0x83, "")),
              ElementsAre("close 4000 bye"));
  EXPECT_THAT(eventsOf(clientFrame(0x88, "") + textFrame("late")), ElementsAre("close 1005 "));
}

TEST(FrameDecoder, ACharacterCutBetweenFragmentsIsWhole) {
  EXPECT_THAT(eventsOf(clientFrame(0x01, "\xe2\x82") + clientFrame(0x80, "\xac!")), ElementsAre("text \xe2\x82\xac!"));
}

// Any messages, cut into any fragments, masked with anything, with pings between, in pieces of any size.
RC_GTEST_PROP(FrameDecoder, GivesBackWhatWasSentWhateverTheFragmentsAndPieces, ()) {
  std::string bytes;
  std::vector<std::string> expected;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    const bool isText = *rc::gen::arbitrary<bool>();
    const auto size = *rc::gen::element<std::size_t>(0, 1, 7, 125, 126, 130, 70'000);
    std::string payload;
    for (std::size_t at = 0; at < size; ++at) payload += static_cast<char>(isText ? 'a' + at % 26 : (at * 131) % 256);
    std::uint8_t opcode = isText ? 1 : 2;
    std::string_view left = payload;
    for (int fragments = *rc::gen::inRange(0, 4); fragments > 0; --fragments) {
      const auto cut = *rc::gen::inRange<std::size_t>(0, left.size() + 1);
      bytes += clientFrame(opcode, left.substr(0, cut), *rc::gen::arbitrary<std::uint32_t>());
      left.remove_prefix(cut);
      opcode = 0;
      if (*rc::gen::arbitrary<bool>()) {
        bytes += clientFrame(0x89, "now");
        expected.push_back("ping now");
      }
    }
    bytes += clientFrame(static_cast<std::uint8_t>(0x80 | opcode), left, *rc::gen::arbitrary<std::uint32_t>());
    expected.push_back((isText ? "text " : "bytes ") + payload);
  }
  RC_ASSERT(eventsOf(bytes, *rc::gen::element<std::size_t>(1, 2, 13, 1'000, 1'000'000)) == expected);
}

// Random bytes never crash it, and end in at most one fault, which is the last event.
RC_GTEST_PROP(FrameDecoder, SurvivesAnyBytes, (const std::string& bytes)) {
  const auto events = eventsOf(bytes, *rc::gen::inRange<std::size_t>(1, 20));
  for (std::size_t i = 0; i + 1 < events.size(); ++i) RC_ASSERT(!events[i].starts_with("fault"));
}

TEST(FrameEncoder, WritesTheShortestHeaderForEverySize) {
  const auto headerOf = [](std::size_t size) {
    std::array<char, maxServerHeader> out{};
    return std::string(out.data(), writeFrameHeader(out.data(), Opcode::text, size));
  };
  EXPECT_EQ(headerOf(0), std::string("\x81\x00", 2));
  EXPECT_EQ(headerOf(125), "\x81\x7d");
  EXPECT_EQ(headerOf(126), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(headerOf(65'535), "\x81\x7e\xff\xff");
  EXPECT_EQ(headerOf(65'536), std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
}

// D-5: never an illegal control frame
TEST(FrameEncoder, CutsACloseReasonTo123BytesAtACharacter) {
  EXPECT_EQ(closeFrame(0, ""), std::string("\x88\x00", 2));
  EXPECT_EQ(closeFrame(1000, "bye"),
            "\x88\x05\x03\xe8"
            "bye");
  const auto longest = closeFrame(1011, std::string(123, 'r'));
  EXPECT_EQ(closeFrame(1011, std::string(500, 'r')), longest);
  EXPECT_EQ(longest.size(), 2 + 125u);
  const auto cut = closeFrame(1011, std::string(122, 'r') + "\xe2\x82\xac");
  EXPECT_EQ(cut.size(), 2 + 2 + 122u);
}

}  // namespace
}  // namespace Party::Serve
