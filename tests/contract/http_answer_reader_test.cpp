#include "runner/http_answer_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace Party::Contract {
namespace {

TEST(HttpAnswerReader, ReadsABodyByItsLengthWhenItIsWhole) {
  std::string arrived = "HTTP/1.1 201 Created\r\nX-A: 1\r\nx-a:2\r\nContent-Length: 4\r\n\r\nma";
  const HttpAnswerReader reader(false);
  EXPECT_FALSE(reader.take(arrived, false));
  arrived += "deHTTP";
  const auto answer = reader.take(arrived, false);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, 201);
  EXPECT_EQ(answer->content, "made");
  EXPECT_EQ(answer->headers.count("x-a"), 2u);
  EXPECT_EQ(arrived, "HTTP");
}

TEST(HttpAnswerReader, ReadsChunksWhereverTheyAreCut) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
  const HttpAnswerReader reader(false);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    std::string arrived = whole.substr(0, cut);
    ASSERT_FALSE(reader.take(arrived, false)) << "cut after " << cut;
    arrived += whole.substr(cut);
    const auto answer = reader.take(arrived, false);
    ASSERT_TRUE(answer) << "cut after " << cut;
    EXPECT_EQ(answer->content, "abc0123456789");
    EXPECT_EQ(arrived, "");
  }
}

TEST(HttpAnswerReader, ReadsToTheEndWithoutALengthAndNoBodyWhereThereIsNone) {
  const HttpAnswerReader reader(false);
  std::string open = "HTTP/1.1 200 OK\r\n\r\nall";
  EXPECT_FALSE(reader.take(open, false));
  EXPECT_EQ(reader.take(open, true)->content, "all");
  std::string none = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(reader.take(none, false)->content, "");
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(HttpAnswerReader(true).take(head, false)->content, "");
}

TEST(HttpAnswerReader, AnUpgradeIsOpenAndLeavesTheFramesBehindIt) {
  std::string arrived = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01x";
  const auto answer = HttpAnswerReader(false).take(arrived, false);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, Observation::Kind::open);
  EXPECT_EQ(arrived, "\x81\x01x");
}

TEST(HttpAnswerReader, WhatIsNoHttpIsAnError) {
  for (std::string bad : {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 2\r\n\r\n", "HTTP/1.1 abc X\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    EXPECT_THROW(HttpAnswerReader(false).take(bad, true), std::runtime_error) << bad;
  }
}

}  // namespace
}  // namespace Party::Contract
