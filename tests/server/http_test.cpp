#include "client.h"
#include "test_server.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace Party::Serve {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string get(const TestServer& server, std::string_view path) { return Client::get(server.port(), path); }

// ROUTE-1, ROUTE-2, ROUTE-7, ROUTE-10, REQUEST-2
TEST(Http, ARequestReachesTheRoomItsUrlNamesAndNoOther) {
  TestServer server;
  EXPECT_EQ(get(server, "/party/a%20b?x=1"), "200 http://test/party/a%20b?x=1");
  EXPECT_EQ(get(server, "/parties/main/room/deep"), "200 http://test/parties/main/room/deep");
  EXPECT_EQ(get(server, "/parties/nope/x"), "404 Party nope not found");
  EXPECT_EQ(get(server, "/elsewhere"), "404 Not found");
}

// REQUEST-3, REQUEST-6
TEST(Http, EveryMethodAndItsBodyReachOnRequest) {
  TestServer server;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}) {
    EXPECT_EQ(Client::get(server.port(), "/party/x", method, "the body"), "200 the body") << method;
  }
  const std::string large(3'000'000, 'b');
  EXPECT_EQ(Client::get(server.port(), "/party/x", "POST", large), "200 " + large);
}

// REQUEST-4, REQUEST-10
TEST(Http, HeadAnd204AreAnsweredWithoutBodyAndWithoutLength) {
  TestServer server;
  Client client(server.port());
  client.send(
      "HEAD /party/x HTTP/1.1\r\nHost: test\r\n\r\nGET /parties/door/x?empty HTTP/1.1\r\nHost: test\r\n\r\n"
      "GET /party/last HTTP/1.1\r\nHost: test\r\n\r\n");
  auto reply = client.readReply(false);
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, AllOf(HasSubstr("x-method: HEAD"), Not(HasSubstr("content-length"))));
  reply = client.readReply();
  EXPECT_EQ(reply.status, 204);
  EXPECT_THAT(reply.head, Not(HasSubstr("content-length")));
  EXPECT_EQ(client.readReply().body, "http://test/party/last");
}

TEST(Http, PipelinedRequestsAreAnsweredInTheirOrderThoughTheFirstIsTheSlowest) {
  TestServer server;
  Client client(server.port());
  client.send(
      "GET /parties/door/x?sleep HTTP/1.1\r\nHost: test\r\n\r\nGET /party/two HTTP/1.1\r\nHost: test\r\n\r\n"
      "GET /parties/nope/x HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.readReply().body, "here");
  EXPECT_EQ(client.readReply().body, "http://test/party/two");
  EXPECT_EQ(client.readReply().body, "Party nope not found");
}

TEST(Http, ThousandsOfPipelinedRequestsAreAnsweredOneByOne) {
  TestServer server;
  Client client(server.port());
  std::string requests;
  for (int i = 0; i < 3'000; ++i) requests += fmt::format("GET /none/{} HTTP/1.1\r\nHost: test\r\n\r\n", i);
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 3'000; ++i) ASSERT_EQ(client.readReply().body, "Not found") << i;
  sender.join();
}

// REQUEST-8, REQUEST-9
TEST(Http, ABodyInPiecesIsSentChunkByChunkAndAResetBreaksItOff) {
  TestServer server;
  Client client(server.port());
  client.send("GET /parties/pieces/x HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  const std::string whole = client.readToEnd();
  EXPECT_THAT(whole,
              AllOf(HasSubstr("transfer-encoding: chunked"), ::testing::EndsWith("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")));

  Client broken(server.port());
  broken.send("GET /parties/pieces/x?long HTTP/1.1\r\nHost: test\r\n\r\n");
  while (Client::get(server.port(), "/parties/pieces/x", "PUT") != "200 2") {
  }
  EXPECT_EQ(Client::get(server.port(), "/parties/pieces/x", "POST"), "500 broken on purpose");
  EXPECT_THAT(broken.readToEnd(), ::testing::EndsWith("3\r\none\r\n"));
}

// A caller gets such a body whole
TEST(Http, ARoomThatCallsGetsABodyInPiecesWhole) {
  TestServer server;
  EXPECT_EQ(get(server, "/parties/call/x?party=pieces&id=p"), "200 failed: broken on purpose")
      << "the caller asks by POST";
  EXPECT_EQ(get(server, "/parties/call/x?party=pieces&id=p&get=1"), "200 onetwo");
}

// REQUEST-12, D-17, CONNECT-39
TEST(Http, WhatAHandlerThrowsIsTheAnswerWithItsCode) {
  TestServer server;
  EXPECT_EQ(get(server, "/parties/door/x?teapot"), "418 short and stout");
  EXPECT_EQ(get(server, "/parties/broken/x"), "429 out of order");
}

// The body in chunks, in pieces, and with 100-continue
TEST(Http, AChunkedBodyIsPutTogetherAndContinueIsSaidOnce) {
  TestServer server;
  Client client(server.port());
  client.send("POST /party/x HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.readReply(false).status, 100);
  client.send("5\r\nhel");
  client.send("lo\r\n6;ext=1\r\n world\r\n0\r\n\r\n");
  EXPECT_EQ(client.readReply().body, "hello world");
}

TEST(Http, AClientThatEndsItsOutputBehindARequestStillGetsTheAnswer) {
  TestServer server;
  Client client(server.port());
  client.send("GET /parties/door/x?sleep HTTP/1.1\r\nHost: test\r\n\r\n");
  client.endOutput();
  EXPECT_EQ(client.readReply().body, "here");
  EXPECT_EQ(client.readToEnd(), "");
}

TEST(Http, AClientOfHttp10GetsOneAnswerAndTheEnd) {
  TestServer server;
  Client client(server.port());
  client.send("GET /party/x HTTP/1.0\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.readReply().status, 200);
  EXPECT_EQ(client.readToEnd(), "");
}

struct Hostile {
  const char* what;
  std::string bytes;
  int status;
  std::string body;
};
void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.what; }
class HostileRequests : public ::testing::TestWithParam<Hostile> {};

// Whatever is sent, the answer is one refusal and an orderly end; nothing behind it is taken for another request.
TEST_P(HostileRequests, AreRefusedOnceAndTheConnectionEnds) {
  TestServer server;
  Client client(server.port());
  client.send(GetParam().bytes + "GET /party/smuggled HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto reply = client.readReply();
  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_EQ(reply.body, GetParam().body);
  EXPECT_THAT(reply.head, HasSubstr("connection: close"));
  EXPECT_EQ(client.readToEnd(), "");
  EXPECT_EQ(get(server, "/party/other"), "200 http://test/party/other");
}

std::string request(std::string_view line, std::string_view fields, std::string_view body = {}) {
  return fmt::format("{}\r\n{}\r\n{}", line, fields, body);
}
const std::string host = "Host: test\r\n";
const std::string upgrade = host + "Connection: Upgrade\r\nUpgrade: websocket\r\n";

// ROUTE-27, CONNECT-2
INSTANTIATE_TEST_SUITE_P(
    Table, HostileRequests,
    ::testing::Values(
        Hostile{"no host", request("GET /party/x HTTP/1.1", ""), 400, "Bad Request"},
        Hostile{"two hosts", request("GET /party/x HTTP/1.1", host + host), 400, "Bad Request"},
        Hostile{"a host with a path", request("GET /party/x HTTP/1.1", "Host: a/b\r\n"), 400, "Bad Request"},
        Hostile{"absolute target", request("GET http://test/party/x HTTP/1.1", host), 500, "Internal Server Error"},
        Hostile{"star", request("OPTIONS * HTTP/1.1", host), 500, "Internal Server Error"},
        Hostile{"relative target", request("GET party/x HTTP/1.1", host), 500, "Internal Server Error"},
        Hostile{"unknown method", request("FOO /party/x HTTP/1.1", host), 501, "ERROR: Unrecognized request method."},
        Hostile{"lower-case method", request("get /party/x HTTP/1.1", host), 501,
                "ERROR: Unrecognized request method."},
        Hostile{"no method at all", "\x16\x03\x01\x02\x00\r\n\r\n", 400, "Bad Request"},
        Hostile{"version 2", request("GET /party/x HTTP/2.0", host), 400, "Bad Request"},
        Hostile{"a field without colon", request("GET /party/x HTTP/1.1", host + "nonsense\r\n"), 400, "Bad Request"},
        Hostile{"a space before the colon", request("GET /party/x HTTP/1.1", host + "X : y\r\n"), 400, "Bad Request"},
        Hostile{"header over 16 KiB",
                request("GET /party/x HTTP/1.1", host + "X: " + std::string(17'000, 'x') + "\r\n"), 431,
                "Request Header Fields Too Large"},
        Hostile{"declared body over the limit",
                request("POST /party/x HTTP/1.1", host + "Content-Length: 99999999999\r\n"), 413, "Payload Too Large"},
        Hostile{"two lengths", request("POST /party/x HTTP/1.1", host + "Content-Length: 1\r\nContent-Length: 2\r\n"),
                400, "Bad Request"},
        Hostile{"length and chunked",
                request("POST /party/x HTTP/1.1", host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                        "0\r\n\r\n"),
                400, "Bad Request"},
        Hostile{"chunked and length",
                request("POST /party/x HTTP/1.1", host + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                        "0\r\n\r\n"),
                400, "Bad Request"},
        Hostile{"an encoding that is not chunked",
                request("POST /party/x HTTP/1.1", host + "Transfer-Encoding: gzip\r\n"), 501,
                "a Transfer-Encoding other than chunked is not supported"},
        Hostile{"an encoding before chunked",
                request("POST /party/x HTTP/1.1", host + "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501,
                "a Transfer-Encoding other than chunked is not supported"},
        Hostile{"chunked twice",
                request("POST /party/x HTTP/1.1", host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                        "0\r\n\r\n"),
                400, "Bad Request"},
        Hostile{"a chunk size that is no number",
                request("POST /party/x HTTP/1.1", host + "Transfer-Encoding: chunked\r\n", "zz\r\n\r\n"), 400,
                "Bad Request"},
        Hostile{"no WebSocket version",
                request("GET /party/x HTTP/1.1", upgrade + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400,
                "ERROR: The requested WebSocket version is not supported."},
        Hostile{"WebSocket version 12",
                request("GET /party/x HTTP/1.1",
                        upgrade + "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
                400, "ERROR: The requested WebSocket version is not supported."},
        Hostile{"no WebSocket key", request("GET /party/x HTTP/1.1", upgrade + "Sec-WebSocket-Version: 13\r\n"), 400,
                "ERROR: Missing Sec-WebSocket-Key"},
        Hostile{"upgrade by POST",
                request("POST /party/x HTTP/1.1",
                        upgrade + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
                500, "Internal Server Error"}));

TEST(Http, ABodyThatGrowsPastTheLimitInChunksIsRefused) {
  TestServer server([](Options& options) { options.http.bodyBytes = 1'000; });
  Client client(server.port());
  client.send("POST /party/x HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) client.send("100\r\n" + std::string(256, 'x') + "\r\n");
  EXPECT_EQ(client.readReply().status, 413);
}

TEST(Http, AHeadThatNeverEndsIsGivenUpWith408) {
  TestServer server([](Options& options) { options.patience.head = std::chrono::seconds(1); });
  Client client(server.port());
  client.send("GET /party/x HTTP/1.1\r\nHost: t");
  EXPECT_EQ(client.readReply().status, 408);
  EXPECT_EQ(client.readToEnd(), "");
}

TEST(Http, AnIdleClientIsLetGoWithoutAWord) {
  TestServer server([](Options& options) { options.patience.idle = std::chrono::seconds(1); });
  Client client(server.port());
  EXPECT_EQ(client.readToEnd(), "");
}

TEST(Http, AHundredClientsThatResetInTheMiddleStopNobodyElse) {
  TestServer server;
  for (int i = 0; i < 100; ++i) {
    Client client(server.port());
    client.send("GET /parties/door/x?sleep HTTP/1.1\r\nHost: test\r\n\r\nPOST /party/x HTTP/1.1\r\nHo");
    client.reset();
  }
  EXPECT_EQ(get(server, "/party/other"), "200 http://test/party/other");
}

// ROUTE-17, ROUTE-18, STATIC-1, 2, 4, 5, 7, D-20
TEST(Http, StaticFilesAreServedBesideTheRoomsAndNothingOutsideTheirDirectory) {
  TemporaryDirectory files;
  std::filesystem::create_directories(files / "public/sub");
  std::filesystem::create_directories(files / "public/party");
  writeFile(files / "secret.txt", "secret");
  writeFile(files / "public/index.html", "<p>home");
  writeFile(files / "public/sp ace.txt", "spaced");
  writeFile(files / "public/app.js", "let a");
  writeFile(files / "public/.env", "dotted");
  writeFile(files / "public/party/x", "shadowed");
  writeFile(files / "public/sub/index.html", "<p>sub");
  std::filesystem::create_symlink("../secret.txt", files / "public/link.txt");
  TestServer server([&](Options& options) { options.files = files / "public"; });
  EXPECT_EQ(get(server, "/"), "200 <p>home");
  EXPECT_EQ(get(server, "/index.html?v=2"), "200 <p>home");
  EXPECT_EQ(get(server, "/sp%20ace.txt"), "200 spaced");
  EXPECT_EQ(get(server, "/sub/"), "200 <p>sub");
  EXPECT_EQ(get(server, "/party/x"), "200 http://test/party/x");
  EXPECT_EQ(Client::get(server.port(), "/", "POST"), "404 Not found");
  for (const char* path : {"/.env", "/%2eenv", "/sub", "/link.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt",
                           "/../secret.txt", "/sub/..%2f..%2fsecret.txt", "//index.html", "/%zz", "/index.html%00.png",
                           "/INDEX.HTML", "/%2fetc%2fpasswd", "/sub/%2e%2e%2f%2e%2e%2fsecret.txt"}) {
    EXPECT_EQ(get(server, path), "404 Not found") << path;
  }
  Client client(server.port());
  client.send("HEAD /app.js HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(client.readReply(false).head,
              AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("text/javascript; charset=utf-8")));
}

}  // namespace
}  // namespace Party::Serve
