#include <gmock/gmock.h>

#include <string>

#include "hex.h"
#include "internal_id.h"
#include "room_driver.h"
#include "sha256.h"

namespace Party::Test {
namespace {

using Detail::bytesOf;
using Detail::hmacSha256;
using Detail::internalIdOf;
using Detail::sha256;

std::string hex(const Detail::Digest& digest) { return toHex(bytesOf(digest)); }

// The vectors of FIPS 180-4 (its examples for SHA-256), and lengths around the padding's limits
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 4231, cases 1, 2 and 6: a short key, a shorter one, and one longer than a block
TEST(Hmac, GivesThePublishedCodes) {
  EXPECT_EQ(hex(hmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// ID-001, ID-002, ID-003, ID-007
TEST(InternalId, OfAKnownRoomIsTheKnownOne) {
  EXPECT_EQ(internalIdOf("main", "r1"), "a273ed1e0ef452758f0d2dbd0ea9655226d61d8aed20afae5dd120b0fd73628a");
}

// ID-006, ID-008, ROUTE-11, ROUTE-26
TEST(InternalId, DiffersByPartyAndByHowTheIdIsWritten) {
  EXPECT_NE(internalIdOf("main", "x"), internalIdOf("hib", "x"));
  EXPECT_NE(internalIdOf("main", "x"), internalIdOf("main", "%78"));
  EXPECT_NE(internalIdOf("main", "%e2%9c%93"), internalIdOf("main", "%E2%9C%93"));
  EXPECT_EQ(internalIdOf("hib", "x").size(), 64u);
}

// ID-001, ALARM-063, LIFE-16: it is there in every handler, the alarm's too, and survives hibernation
TEST(InternalId, IsThereInEveryHandlerAlsoInOnAlarmAndTheConstructor) {
  std::vector<std::string> seen;
  Script script;
  script.constructor = [&](Room& room) { seen.push_back(room.internalID()); };
  script.onAlarm = [&](Room& room) -> Task<> {
    seen.push_back(room.internalID());
    co_return;
  };
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    room.storage().setAlarm(room.now() + 1s);
    co_return Response(room.internalID());
  };
  RoomDriver room(script);
  const auto ask = room.request();
  room.hibernate();
  room.alarmDue();
  const std::string expected = internalIdOf("main", "r");
  EXPECT_EQ(room.response(ask), "200 " + expected);
  EXPECT_THAT(seen, testing::ElementsAre(expected, expected, expected));
}

}  // namespace
}  // namespace Party::Test
