#include <gtest/gtest.h>
#include <party/error.h>
#include <party/http.h>

#include <string>
#include <string_view>
#include <vector>

namespace Party {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string messageOf(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "nothing thrown";
}

TEST(Headers, KeepTheirOrderAndLowerCaseNames) {
  const Headers headers = Headers().append("X-B", "1").append("a", "2").append("x-b", "3");
  const std::vector<Headers::Field> expected = {{"x-b", "1"}, {"a", "2"}, {"x-b", "3"}};
  EXPECT_EQ(std::vector<Headers::Field>(headers.begin(), headers.end()), expected);
  EXPECT_EQ(headers.get("X-b"), "1");
  EXPECT_EQ(headers.all("X-B"), (std::vector<std::string_view>{"1", "3"}));
  EXPECT_EQ(headers.get("c"), std::nullopt);
}

TEST(Headers, SetReplacesEveryFieldOfTheNameAtThePlaceOfTheFirst) {
  Headers headers;
  headers.append("a", "1").append("b", "2").append("A", "3").set("a", "4");
  EXPECT_EQ(headers, Headers().append("a", "4").append("b", "2"));
  headers.set("c", *headers.get("a"));
  EXPECT_EQ(headers.get("c"), "4");
}

TEST(Headers, RemoveTakesEveryFieldOfTheName) {
  EXPECT_EQ(Headers().append("a", "1").append("b", "2").append("A", "3").remove("A"), Headers().append("b", "2"));
}

TEST(Headers, ValuesLoseTheSpaceAroundThemAndNothingElse) {
  EXPECT_EQ(Headers().set("a", " \t x  y \t").get("a"), "x  y");
  EXPECT_EQ(Headers().set("a", " \t").get("a"), "");
  EXPECT_EQ(Headers().set("a", "\x01\x7f\xff").get("a"), "\x01\x7f\xff");
}

TEST(Headers, AFieldThatWouldSplitTheMessageIsRefused) {
  for (const std::string_view value : {"a\r\nset-cookie: x"sv, "a\nb"sv, "a\r"sv, "\nb"sv, "a\0b"sv, "\r\n"sv}) {
    EXPECT_EQ(messageOf([&] { Headers().set("x", value); }), "invalid value of header \"x\"");
    EXPECT_EQ(messageOf([&] { Headers().append("x", value); }), "invalid value of header \"x\"");
    EXPECT_THROW(Response("x").header("location", value), Error);
    EXPECT_THROW(Response("x").append("location", value), Error);
    EXPECT_THROW(Request("GET", "/").withHeader("x", value), Error);
  }
  for (const std::string_view name :
       {""sv, "a b"sv, "a:"sv, "a\r\nb"sv, "\xc3\xa9"sv, "a\0"sv, " a"sv, "(a)"sv, "a/b"sv}) {
    EXPECT_EQ(messageOf([&] { Headers().set(name, "x"); }), "invalid header name");
    EXPECT_EQ(messageOf([&] { Headers().append(name, "x"); }), "invalid header name");
  }
}

TEST(Headers, ARefusedFieldChangesNothing) {
  Headers headers = Headers().set("a", "1");
  EXPECT_THROW(headers.set("a", "x\n"), Error);
  EXPECT_EQ(headers, Headers().set("a", "1"));
}

// REQUEST-2
TEST(Request, ShowsMethodUrlPathHeadersAndBody) {
  const Request request("POST", "http://h:1999/party/abc/x?q=1", Headers().set("X-A", "1"), "body");
  EXPECT_EQ(request.method(), "POST");
  EXPECT_EQ(request.url(), "http://h:1999/party/abc/x?q=1");
  EXPECT_EQ(request.path(), "/party/abc/x");
  EXPECT_EQ(request.header("x-a"), "1");
  EXPECT_EQ(request.header("x-b"), std::nullopt);
  EXPECT_EQ(request.body(), "body");
  EXPECT_EQ(request.text(), "body");
}

TEST(Request, IsEightBytesAndCopyingItCopiesNothing) {
  static_assert(sizeof(Request) == 8 && sizeof(Response) == 8);
  const Request request("POST", "/", {}, "body");
  const Request copy = request;
  EXPECT_EQ(copy.body().data(), request.body().data());
  EXPECT_EQ(copy.url().data(), request.url().data());
}

TEST(Request, AUserGivenUrlIsNormalisedAsABrowserDoes) {
  struct Case {
    std::string_view given, url, path;
  };
  for (const auto& [given, url, path] : {
           Case{"http://example.com", "http://example.com/", "/"},
           Case{"HTTPS://Example.COM:443?q", "https://example.com/?q", "/"},
           Case{"ws://h:80/a/../b#f", "ws://h/b", "/b"},
           Case{"wss://h:8443\\a b", "wss://h:8443/a%20b", "/a%20b"},
           Case{"http://[::1]:1999/x", "http://[::1]:1999/x", "/x"},
           Case{"/party/x?a=http://b", "/party/x?a=http://b", "/party/x"},
           Case{"//not-a-host/x", "//not-a-host/x", "//not-a-host/x"},
       }) {
    const Request request("GET", std::string(given));
    EXPECT_EQ(request.url(), url) << given;
    EXPECT_EQ(request.path(), path) << given;
  }
}

// REQUEST-22
TEST(Request, WhatIsNoUrlIsRefusedWithItsText) {
  for (const std::string_view url :
       {""sv, "hello"sv, "*"sv, "?q=1"sv, "ftp://h/"sv, "http:/h"sv, "http://"sv, "http:///x"sv, "http://u:p@h/"sv,
        "http://h:99999/"sv, "http://h:x/"sv, "http://a b/"sv, "http://h\r\nx: y/"sv, "javascript://h"sv, "://h"sv}) {
    EXPECT_EQ(messageOf([&] { Request("GET", std::string(url)); }), "Invalid URL: " + std::string(url));
  }
  EXPECT_EQ(messageOf([] { Request("GET", "\xff"); }), "Invalid URL: \xef\xbf\xbd");
}

TEST(Request, AUrlCannotCarryASecondLine) { EXPECT_EQ(Request("GET", "http://h/a\r\nx: y").url(), "http://h/ax:%20y"); }

TEST(Request, AMethodThatIsNoTokenIsRefused) {
  for (const std::string_view method : {""sv, "GET /"sv, "GET\r\n"sv, "G\0"sv}) {
    EXPECT_EQ(messageOf([&] { Request(std::string(method), "/"); }), "invalid HTTP method");
  }
}

// CONNECT-5
TEST(Request, AQueryValueIsTheFirstOfItsNameDecoded) {
  struct Case {
    std::string_view query, name;
    std::optional<std::string> value;
  };
  for (const auto& [query, name, value] : {
           Case{"?_pk=x%20y%2Fz", "_pk", "x y/z"},
           Case{"?_pk=A+b%2Bc", "_pk", "A b+c"},
           Case{"?_pk=1&_pk=2", "_pk", "1"},
           Case{"?_pk=&_pk=2", "_pk", ""},
           Case{"?a=1&&_pk=2", "_pk", "2"},
           Case{"?%5Fpk=coded+name", "_pk", "coded name"},
           Case{"?_pk", "_pk", ""},
           Case{"?_pk=a=b", "_pk", "a=b"},
           Case{"?_PK=1", "_pk", std::nullopt},
           Case{"?x_pk=1", "_pk", std::nullopt},
           Case{"?", "", std::nullopt},
           Case{"?&", "", std::nullopt},
           Case{"?=v", "", "v"},
           Case{"", "_pk", std::nullopt},
           Case{"?_pk=%", "_pk", "%"},
           Case{"?_pk=%4", "_pk", "%4"},
           Case{"?_pk=%zz%41", "_pk", "%zzA"},
           Case{"?_pk=%E2%9C%93", "_pk", "\xe2\x9c\x93"},
           Case{"?_pk=%E2%9Cx", "_pk", "\xef\xbf\xbdx"},
           Case{"?_pk=%FF%C0%80", "_pk", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
           Case{"?_pk=%ED%A0%80", "_pk", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
           Case{"?_pk=%00", "_pk", "\0"s},
           Case{"?_pk=?", "_pk", "?"},
           Case{"?_pk=1#_pk=2", "_pk", "1"},
       }) {
    EXPECT_EQ(Request("GET", "http://h/party/x" + std::string(query)).query(name), value) << query;
  }
}

// CONNECT-1, REQUEST-25
TEST(Request, IsAWebSocketUpgradeOnlyWithExactlyThatHeader) {
  const auto upgrades = [](const Headers& headers) { return Request("GET", "/", headers).isWebSocketUpgrade(); };
  EXPECT_TRUE(upgrades(Headers().set("Upgrade", "websocket")));
  EXPECT_TRUE(upgrades(Headers().set("upgrade", "WebSocket")));
  EXPECT_FALSE(upgrades(Headers()));
  EXPECT_FALSE(upgrades(Headers().set("upgrade", "h2c")));
  EXPECT_FALSE(upgrades(Headers().set("upgrade", "websocket, h2c")));
  EXPECT_FALSE(upgrades(Headers().set("upgrade", "")));
  EXPECT_FALSE(upgrades(Headers().append("upgrade", "websocket").append("upgrade", "websocket")));
  EXPECT_FALSE(upgrades(Headers().append("upgrade", "h2c").append("upgrade", "websocket")));
  EXPECT_FALSE(upgrades(Headers().set("connection", "upgrade, websocket")));
}

// CONNECT-33, REQUEST-20
TEST(Request, AChangedCopyLeavesTheOriginalAsItIs) {
  const Request original("GET", "http://h/party/a?x", Headers().append("a", "1").append("A", "2").append("b", "3"),
                         "body");
  EXPECT_EQ(original.withHeader("A", "4").headers(), Headers().set("a", "4").set("b", "3"));
  EXPECT_EQ(original.withoutHeader("A").headers(), Headers().set("b", "3"));
  EXPECT_EQ(original.withMethod("PUT").method(), "PUT");
  EXPECT_EQ(original.withUrl("http://h/party/b").path(), "/party/b");
  EXPECT_EQ(original.withUrl("http://h/party/b").body().data(), original.body().data());
  EXPECT_EQ(original.withBody("other").body(), "other");
  EXPECT_THROW(original.withUrl("b"), Error);

  EXPECT_EQ(original,
            Request("GET", "http://h/party/a?x", Headers().append("a", "1").append("a", "2").append("b", "3"), "body"));
}

TEST(Request, TextOfABodyThatIsNoUtf8HasReplacementCharacters) {
  const Request request("POST", "/", {}, "a\xff\xe2\x9c");
  EXPECT_EQ(request.text(), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(request.body(), "a\xff\xe2\x9c");
}

// REQUEST-8
TEST(Response, TheContentTypeFollowsTheKindOfBody) {
  EXPECT_EQ(Response("hi").headers(), Headers().set("content-type", "text/plain;charset=UTF-8"));
  EXPECT_EQ(Response::json("{}").headers(), Headers().set("content-type", "application/json"));
  EXPECT_EQ(Response::html("<p>").headers(), Headers().set("content-type", "text/html;charset=UTF-8"));
  EXPECT_EQ(Response(SharedBytes("\x01"sv)).headers(), Headers());
  EXPECT_EQ(Response().headers(), Headers());
  EXPECT_EQ(Response("").headers(), Headers());
  EXPECT_EQ(Response("hi").body(), "hi");
  EXPECT_EQ(Response("hi").status(), 200);
}

// REQUEST-7
TEST(Response, AStatusOutside200To599IsRefused) {
  for (const int status : {-1, 0, 99, 101, 199, 600, 1000, 2147483647}) {
    EXPECT_EQ(messageOf([&] { Response("x", status); }),
              "Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }
  for (const int status : {200, 418, 599}) EXPECT_EQ(Response("x", status).status(), status);
}

// REQUEST-10, REQUEST-13
TEST(Response, AStatusWithoutBodyRefusesOne) {
  for (const int status : {204, 205, 304}) {
    EXPECT_EQ(Response("", status).status(), status);
    EXPECT_EQ(messageOf([&] { Response("x", status); }),
              "Response with null body status (101, 204, 205, or 304) cannot have a body.");
  }
}

// REQUEST-8
TEST(Response, HeaderReplacesAndAppendKeepsBoth) {
  const Response response =
      Response("x").header("Content-Type", "a/b").append("Set-Cookie", "1").append("set-cookie", "2");
  EXPECT_EQ(response.header("content-type"), "a/b");
  EXPECT_EQ(response.headers().all("set-cookie"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(response.withoutHeader("set-cookie").headers(), Headers().set("content-type", "a/b"));
}

TEST(Response, AChangedCopyLeavesTheOriginalAsItIs) {
  const Response original("x");
  const Response copy = original;
  const Response changed = Response(original).header("a", "1");
  EXPECT_EQ(original.header("b", "2").append("b", "3").headers().size(), 3u);
  EXPECT_EQ(changed.headers().size(), 2u);
  EXPECT_EQ(original, copy);
  EXPECT_EQ(original.headers().size(), 1u);
}

// D-19
TEST(RequestOrResponse, IsNothingARequestOrAResponse) {
  const RequestOrResponse nothing, nullopt = std::nullopt, request = Request("GET", "/"),
                                   response = Response("no", 403);
  EXPECT_TRUE(nothing.isNothing() && nullopt.isNothing());
  EXPECT_EQ(nothing.request(), nullptr);
  EXPECT_EQ(nothing.response(), nullptr);
  ASSERT_NE(request.request(), nullptr);
  EXPECT_EQ(request.request()->path(), "/");
  EXPECT_EQ(request.response(), nullptr);
  ASSERT_NE(response.response(), nullptr);
  EXPECT_EQ(response.response()->status(), 403);
  EXPECT_FALSE(response.isNothing());
}

}  // namespace
}  // namespace Party
