#include <gmock/gmock.h>
#include <party/party.h>

#include <string>

namespace Party {
namespace {

using testing::HasSubstr;

class Bare : public Server {
 public:
  using Server::Server;
};

class Public : public Server {
 public:
  using Server::Server;
  Task<> onStart() override { return {}; }
  Task<std::vector<std::string>> getConnectionTags(Connection, ConnectionContext) override { return {}; }
  Task<> onConnect(Connection, ConnectionContext) override { return {}; }
  Task<> onMessage(Message, Connection) override { return {}; }
  Task<> onClose(Connection) override { return {}; }
  Task<> onError(Connection, Error) override { return {}; }
  Task<Response> onRequest(Request) override { return {}; }
  Task<> onAlarm() override { return {}; }
};

class Private : public Server {
 public:
  using Server::Server;

 private:
  Task<> onMessage(Message, Connection) override { return {}; }
};

class Overloaded : public Server {
 public:
  using Server::Server;
  Task<> onMessage(Message, Connection) override { return {}; }
  int onMessage(int value) { return value; }
};

class Inherited : public Private {
 public:
  using Private::Private;
};

Host::Overrides overridesOf(const Host::Parties& parties) { return parties.front().overrides; }

// REQUEST-17, CONNECT-42
TEST(Worker, KnowsWhichHandlersAClassDeclares) {
  const auto none = overridesOf(parties<Bare>("main"));
  EXPECT_FALSE(none.onStart || none.getConnectionTags || none.onConnect || none.onMessage || none.onClose ||
               none.onError || none.onRequest || none.onAlarm);
  const auto all = overridesOf(parties<Public>("main"));
  EXPECT_TRUE(all.onStart && all.getConnectionTags && all.onConnect && all.onMessage && all.onClose && all.onError &&
              all.onRequest && all.onAlarm);
}

TEST(Worker, SeesAnOverrideThatIsPrivateOverloadedOrInherited) {
  EXPECT_TRUE(overridesOf(parties<Private>("main")).onMessage);
  EXPECT_TRUE(overridesOf(parties<Overloaded>("main")).onMessage);
  EXPECT_TRUE(overridesOf(parties<Inherited>("main")).onMessage);
  EXPECT_FALSE(overridesOf(parties<Private>("main")).onClose);
}

class NoTask : public Server {
 public:
  using Server::Server;
  static std::optional<Response> onFetch(Request) { return std::nullopt; }
  static RequestOrResponse onBeforeConnect(Request, Lobby, ExecutionContext) { return std::nullopt; }
  static Task<Response> onBeforeRequest(Request) { co_return Response("no", 403); }
};

class HidesNothing : public NoTask {
 public:
  using NoTask::NoTask;
};

TEST(Worker, TakesStaticHandlersWithAnyPrefixOfTheirParametersAsTasksOrNotAndInherited) {
  const auto bare = parties<Bare>("main");
  EXPECT_EQ(bare[0].onFetch, nullptr);
  EXPECT_EQ(bare[0].onBeforeConnect, nullptr);
  EXPECT_EQ(bare[0].onBeforeRequest, nullptr);
  const auto inherited = parties<HidesNothing>("main");
  EXPECT_NE(inherited[0].onFetch, nullptr);
  EXPECT_NE(inherited[0].onBeforeConnect, nullptr);
  EXPECT_NE(inherited[0].onBeforeRequest, nullptr);
}

// CONFIG-4
TEST(Worker, PartiesKeepTheirOrderAndTheirNamesAreChecked) {
  const auto two = parties<Bare, Public>("main", "other_1-x");
  EXPECT_EQ(two[0].name, "main");
  EXPECT_EQ(two[1].name, "other_1-x");
  for (const char* name : {"", "Main", "a b", "a/b", "\xc3\xa9"}) {
    try {
      parties<Bare>(name);
      ADD_FAILURE() << "the name \"" << name << "\" was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr("must be one or more of a-z, 0-9, _ and -"));
    }
  }
  EXPECT_THROW((parties<Bare, Public>("main", "main")), Error);
}

static_assert(Worker<Bare> && Worker<Public> && Worker<Private> && Worker<Inherited>);
class WithoutRoom : public Server {
 public:
  WithoutRoom();
};
class Abstract : public Server {
 public:
  using Server::Server;
  virtual void pure() = 0;
};
class Final final : public Server {
 public:
  using Server::Server;
};
static_assert(!Worker<int> && !Worker<WithoutRoom> && !Worker<Abstract> && !Worker<Final>);

}  // namespace
}  // namespace Party
