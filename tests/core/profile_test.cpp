#include <gmock/gmock.h>

#include <string>

#include "room_driver.h"

/// Each switch of the profile both ways: what the documents promise, and what PartyKit 0.0.115 does.

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class Member>
Profile with(Member member) {
  Profile profile = Profile::documented();
  profile.*member = true;
  return profile;
}

/// Starts slowly and notes what reaches it.
Script slowStart(Lines& log) {
  Script script;
  script.options = {.hibernate = true};
  script.onStart = [&log](Room& room) -> Task<> {
    co_await room.sleep(1s);
    log.push_back("started");
  };
  script.onMessage = [&log](Room&, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    co_return;
  };
  return script;
}

// D-1, MESSAGE-19, MESSAGE-20, GATE-040, GATE-041
TEST(Profile, EventsOvertakeAnOnStartThatSleepsOnlyWithTheSwitch) {
  for (const bool overtakes : {false, true}) {
    Lines log;
    RoomDriver room(slowStart(log),
                    {.profile = overtakes ? with(&Profile::eventsOvertakeStart) : Profile::documented()});
    const Client ann = room.connect("ann");
    room.advance(1s);
    room.hibernate();
    log.clear();
    for (const char* text : {"1", "2", "3"}) room.message(ann, text);
    room.advance(1s);
    if (overtakes) {
      EXPECT_THAT(log, ElementsAre("2", "3", "started", "1"));
    } else {
      EXPECT_THAT(log, ElementsAre("started", "1", "2", "3"));
    }
    EXPECT_THAT(room.life, ElementsAre("started 1", "hibernated 1", "started 2"));
  }
}

// D-1, GATE-040, GATE-004: storage keeps the gate shut all the same
TEST(Profile, WithTheSwitchNothingOvertakesAnOnStartThatAwaitsStorage) {
  Lines log;
  Script script = slowStart(log);
  script.onStart = [&log](Room& room) -> Task<> {
    co_await room.storage().get<int>("k");
    log.push_back("started");
  };
  RoomDriver room(script, {.reads = Reads::held, .profile = with(&Profile::eventsOvertakeStart)});
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  EXPECT_THAT(log, IsEmpty());
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("started", "1"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
}

// D-2, CONNECT-41, LIFE-6, GATE-042, REQUEST-15
TEST(Profile, AnOnStartThatThrewIsSkippedNextTimeOnlyWithTheSwitch) {
  for (const bool overtakes : {false, true}) {
    Profile profile = with(&Profile::failedStartIsSkipped);
    profile.eventsOvertakeStart = overtakes;
    int starts = 0;
    Script script;
    script.onStart = [&](Room&) -> Task<> {
      ++starts;
      throw Error("not today", 503);
    };
    script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("served"); };
    RoomDriver faithful(script, {.profile = profile});
    EXPECT_EQ(faithful.response(faithful.request()), "503 not today");
    EXPECT_EQ(faithful.response(faithful.request()), "200 served");
    EXPECT_EQ(starts, 1);
    EXPECT_THAT(faithful.life, ElementsAre("started 1"));
    EXPECT_THAT(faithful.failures, ElementsAre("onStart: not today"));

    RoomDriver strict(script);
    EXPECT_EQ(strict.response(strict.request()), "503 not today");
    EXPECT_EQ(strict.response(strict.request()), "503 not today");
    EXPECT_EQ(starts, 3);
  }
}

// D-1 without D-2: others are at work in an instance that cannot start, so they end with it
TEST(Profile, WithOvertakingAloneAnOnStartThatThrowsResetsTheRoom) {
  Script script;
  script.onStart = [](Room& room) -> Task<> {
    co_await room.sleep(1s);
    throw Error("not today");
  };
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    co_await room.sleep(1h);
    co_return Response("served");
  };
  RoomDriver room(script, {.profile = with(&Profile::eventsOvertakeStart)});
  const Ask first = room.request();
  const Ask second = room.request();
  room.advance(1s);
  EXPECT_EQ(room.response(first), "500 not today");
  EXPECT_EQ(room.response(second), "500 not today");
  EXPECT_THAT(room.life, ElementsAre("started 1", "reset 1", "room reset: not today"));
}

// D-2: who waited behind the event that woke the room is served by the instance, and its constructor's throw is not
// forgiven (CONNECT-40)
TEST(Profile, WithTheSwitchOnlyTheWakingEventFailsAndAConstructorIsTriedAgain) {
  Script script;
  script.onStart = [](Room& room) -> Task<> {
    co_await room.sleep(1s);
    throw Error("not today");
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("served"); };
  RoomDriver room(script, {.profile = with(&Profile::failedStartIsSkipped)});
  const Ask first = room.request();
  const Ask second = room.request();
  room.advance(1s);
  EXPECT_EQ(room.response(first), "500 not today");
  EXPECT_EQ(room.response(second), "200 served");

  int constructed = 0;
  Script broken;
  broken.constructor = [&](Room&) {
    if (++constructed < 3) throw Error("no parts");
  };
  broken.onRequest = script.onRequest;
  RoomDriver stubborn(broken, {.profile = Profile::partykit()});
  EXPECT_EQ(stubborn.response(stubborn.request()), "500 no parts");
  EXPECT_EQ(stubborn.response(stubborn.request()), "500 no parts");
  EXPECT_EQ(stubborn.response(stubborn.request()), "200 served");
}

// D-2, LIFE-6, ALARM-062: the alarm counts as failed, and its retry finds the instance without another onStart
TEST(Profile, AnAlarmThatWokeARoomWhichCouldNotStartFailsAndIsRetriedWithoutOnStart) {
  Lines log;
  Script script;
  script.onStart = [&](Room&) -> Task<> {
    log.push_back("onStart");
    throw Error("not today");
  };
  script.onAlarm = [&](Room&) -> Task<> {
    log.push_back("onAlarm");
    co_return;
  };
  RoomDriver room(script, {.profile = with(&Profile::failedStartIsSkipped), .alarm = Time(1'700'000'000s)});
  room.alarmDue();
  EXPECT_THAT(room.alarmRuns, ElementsAre("failed"));
  room.alarmDue();
  EXPECT_THAT(room.alarmRuns, ElementsAre("failed", "done"));
  EXPECT_THAT(log, ElementsAre("onStart", "onAlarm"));
}

std::string idOf(Room& room) {
  try {
    return room.id();
  } catch (const Error& error) {
    return error.message().substr(0, 28);
  }
}

// D-22, LIFE-15, LIFE-17, ALARM-060
TEST(Profile, OtherHandlersLoseTheIdDuringOnAlarmOnlyWithTheSwitch) {
  for (const bool hides : {false, true}) {
    Script script;
    script.onAlarm = [](Room& room) -> Task<> { co_await room.sleep(1s); };
    script.onRequest = [](Room& room, Request) -> Task<Response> { co_return Response(idOf(room)); };
    RoomDriver room(script, {.profile = hides ? with(&Profile::alarmHidesIdFromAll) : Profile::documented(),
                             .alarm = Time(1'700'000'000s)});
    EXPECT_EQ(room.response(room.request()), "200 r");
    room.alarmDue();
    EXPECT_EQ(room.response(room.request()), hides ? "200 You can not access `Party.id" : "200 r");
    room.advance(1s);
    EXPECT_EQ(room.response(room.request()), "200 r");
  }
}

// D-22, LIFE-18, LIFE-19, ALARM-061, ALARM-062, DIV-14
TEST(Profile, AnInstanceOfAnAlarmHasNoIdForItsLifeOnlyWithTheSwitch) {
  for (const bool loses : {false, true}) {
    Lines log;
    Script script;
    script.constructor = [&](Room& room) { log.push_back(idOf(room)); };
    script.onAlarm = [](Room&) -> Task<> { co_return; };
    script.onRequest = [&](Room& room, Request) -> Task<Response> {
      std::string parties = "reached";
      try {
        room.context();
        room.context().parties();
      } catch (const Error& error) {
        parties = error.message();
      }
      co_return Response(idOf(room) + ", " + parties);
    };
    RoomDriver room(script, {.profile = loses ? with(&Profile::alarmInstanceHasNoId) : Profile::documented(),
                             .alarm = Time(1'700'000'000s)});
    room.alarmDue();
    const std::string without = "Party.id is not yet initiali";
    EXPECT_EQ(room.response(room.request()),
              loses ? "200 " + without + ", Parties are not yet initialized. This is probably a bug in PartyKit."
                    : "200 r, reached");
    room.hibernate();
    EXPECT_EQ(room.response(room.request()), "200 r, reached") << "the next instance was not woken by an alarm";
    EXPECT_THAT(log, ElementsAre(loses ? without : "r", "r"));
  }
}

/// Says something to whoever leaves; closes with a code of its own when asked for.
Script farewell(bool hibernates) {
  Script script;
  script.options = {.hibernate = hibernates};
  script.onClose = [](Room&, Connection connection) -> Task<> {
    connection.send("one more thing");
    if (connection.id() == "closed") connection.close(4001, "done");
    co_return;
  };
  return script;
}

// D-8, CLOSE-3, CLOSE-4, CLOSE-5, HIBER-064, HIBER-066, WS-009
TEST(Profile, AClientsCloseStaysUnansweredAndHearsOnCloseOnlyWithTheSwitch) {
  RoomDriver room(farewell(false), {.profile = with(&Profile::clientCloseUnanswered)});
  const Client ann = room.connect("ann");
  const Client closed = room.connect("closed");
  room.close(ann, 4000, "bye");
  room.close(closed, 4000, "bye");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "one more thing"));
  EXPECT_THAT(room.seen(closed), ElementsAre("open", "one more thing", "answer 4001 done"));
  EXPECT_FALSE(room.released(ann));
  EXPECT_TRUE(room.released(closed));
  EXPECT_EQ(room.status().connections, 0u) << "CLOSE-6";
  EXPECT_EQ(room.blocker(), "a socket of a room that does not hibernate is open");
  room.lose(ann);
  EXPECT_TRUE(room.released(ann));
  EXPECT_EQ(room.blocker(), "");

  RoomDriver strict(farewell(false));
  const Client bob = strict.connect("bob");
  strict.close(bob, 4000, "bye");
  EXPECT_THAT(strict.seen(bob), ElementsAre("open", "answer 4000 bye"));
}

// D-8, CLOSE-3: a room that hibernates cuts such a connection off when it goes to sleep
TEST(Profile, AnUnansweredCloseIsCutOffWhenTheRoomHibernates) {
  RoomDriver room(farewell(true), {.profile = with(&Profile::clientCloseUnanswered)});
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.close(ann, 4000, "bye");
  room.hibernate();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "one more thing", "dropped"));
  EXPECT_TRUE(room.released(ann));
  EXPECT_THAT(room.seen(bob), ElementsAre("open"));
}

// D-8, CLOSE-4: the room may still answer after onClose; and a client that has gone meanwhile is forgotten once
TEST(Profile, AnUnansweredCloseMayBeAnsweredLateAndAClientMayGoWhileOnCloseRuns) {
  std::optional<Connection> kept;
  Script script;
  script.onClose = [&](Room& room, Connection connection) -> Task<> {
    kept = connection;
    co_await room.sleep(1s);
  };
  script.onRequest = [&](Room&, Request) -> Task<Response> {
    kept->close(4002, "at last");
    co_return Response("x");
  };
  RoomDriver room(script, {.profile = with(&Profile::clientCloseUnanswered)});
  const Client ann = room.connect("ann");
  room.close(ann, 4000);
  room.advance(1s);
  room.request();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "answer 4002 at last"));
  EXPECT_TRUE(room.released(ann));

  const Client bob = room.connect("bob");
  room.close(bob, 4000);
  room.lose(bob);
  EXPECT_FALSE(room.released(bob));
  room.advance(1s);
  EXPECT_TRUE(room.released(bob));
}

// D-9, CONNECT-22, CONNECT-23, CONNECT-24, CONNECT-27, HIBER-004
TEST(Profile, TagsGoUncheckedOnlyWithTheSwitchAndOnlyInRoomsThatDoNotHibernate) {
  const auto tagged = [](bool hibernates) {
    Script script;
    script.options = {.hibernate = hibernates};
    script.getConnectionTags = [](Room&, Connection, ConnectionContext) -> Task<std::vector<std::string>> {
      std::vector<std::string> tags{"", std::string(257, 't'), "twice", "twice"};
      for (int i = 0; i < 10; ++i) tags.push_back(std::to_string(i));
      co_return tags;
    };
    script.onConnect = [](Room& room, Connection connection, ConnectionContext) -> Task<> {
      connection.send(std::to_string(connection.tags().size()) + " " +
                      std::to_string(room.getConnections("twice").count()) + " " +
                      std::to_string(room.getConnections("").count()));
      co_return;
    };
    return script;
  };
  const std::string refusal = "close 1011 A connection can only have 10 tags, including the default id tag.";
  const Profile faithful = with(&Profile::tagsUncheckedInOrdinaryRooms);
  RoomDriver ordinary(tagged(false), {.profile = faithful});
  EXPECT_THAT(ordinary.seen(ordinary.connect("ann")), ElementsAre("open", "13 1 0"));
  EXPECT_THAT(ordinary.seen(ordinary.connect(std::string(300, 'i'))), ElementsAre("open", "13 2 0"));
  RoomDriver hibernating(tagged(true), {.profile = faithful});
  EXPECT_THAT(hibernating.seen(hibernating.connect("ann")), ElementsAre("open", refusal));
  RoomDriver strict(tagged(false));
  EXPECT_THAT(strict.seen(strict.connect("ann")), ElementsAre("open", refusal));
}

// D-14, STATE-6, STATE-8, HIBER-020, HIBER-024
TEST(Profile, StateHasNoLimitOnlyWithTheSwitchAndOnlyInRoomsThatDoNotHibernate) {
  const auto large = [](bool hibernates) {
    Script script;
    script.options = {.hibernate = hibernates};
    script.onConnect = [](Room&, Connection connection, ConnectionContext) -> Task<> {
      connection.setState(std::string(20'000, 's'));
      connection.send(std::to_string(connection.state<std::string>()->size()));
      co_return;
    };
    return script;
  };
  const auto refused = testing::StartsWith("close 1011 A WebSocket 'attachment' cannot be larger than 2048 bytes.");
  const Profile faithful = with(&Profile::stateUnlimitedInOrdinaryRooms);
  RoomDriver ordinary(large(false), {.profile = faithful});
  EXPECT_THAT(ordinary.seen(ordinary.connect("ann")), ElementsAre("open", "20000"));
  RoomDriver hibernating(large(true), {.profile = faithful});
  EXPECT_THAT(hibernating.seen(hibernating.connect("ann")), ElementsAre("open", refused));
  RoomDriver strict(large(false));
  EXPECT_THAT(strict.seen(strict.connect("ann")), ElementsAre("open", refused));
}

// D-3, CONNECT-45, CONNECT-47, HIBER-009
TEST(Profile, GetConnectionThrowsForADuplicateIdOnlyWithTheSwitchAndOnlyInRoomsThatHibernate) {
  const auto asking = [](bool hibernates) {
    Script script;
    script.options = {.hibernate = hibernates};
    script.onRequest = [](Room& room, Request) -> Task<Response> {
      const auto found = room.getConnection("ann");
      co_return Response(found ? "found" : "none");
    };
    return script;
  };
  const Profile faithful = with(&Profile::duplicateIdThrows);
  RoomDriver room(asking(true), {.profile = faithful});
  const Client older = room.connect("ann");
  EXPECT_EQ(room.response(room.request()), "200 found");
  room.connect("ann");
  EXPECT_EQ(room.response(room.request()),
            "500 More than one connection found for id ann. Did you mean to use getConnections(tag) instead?");
  room.close(older);
  EXPECT_EQ(room.response(room.request()), "200 found");

  RoomDriver ordinary(asking(false), {.profile = faithful});
  RoomDriver strict(asking(true));
  for (RoomDriver* other : {&ordinary, &strict}) {
    other->connect("ann");
    other->connect("ann");
    EXPECT_EQ(other->response(other->request()), "200 found");
  }
}

// D-4, CONNECT-19, GATE-044, CP-71
TEST(Profile, AThrowInOnConnectLeavesAGhostInTheListsOnlyWithTheSwitch) {
  const auto failing = [](bool hibernates) {
    Script script;
    script.options = {.hibernate = hibernates};
    script.onConnect = [](Room&, Connection connection, ConnectionContext) -> Task<> {
      if (connection.id() == "bob") throw Error("no bobs");
      co_return;
    };
    script.onRequest = [](Room& room, Request request) -> Task<Response> {
      std::string ids;
      for (const Connection connection : room.getConnections()) ids += std::string(connection.id()) + " ";
      if (const auto ghost = room.getConnection("bob")) {
        ghost->send("are you there?");
        if (request.query("close")) ghost->close();
      }
      room.broadcast("all");
      co_return Response(ids);
    };
    return script;
  };
  const Profile faithful = with(&Profile::failedConnectLeavesGhost);
  for (const bool hibernates : {true, false}) {
    RoomDriver room(failing(hibernates), {.profile = faithful});
    const Client ann = room.connect("ann");
    const Client bob = room.connect("bob");
    EXPECT_EQ(room.response(room.request()), "200 ann bob ");
    EXPECT_EQ(room.seen(ann).back(), "all");
    EXPECT_THAT(room.seen(bob), ElementsAre("open", "close 1011 no bobs")) << "what is sent to a ghost goes nowhere";
    EXPECT_FALSE(room.released(bob));
    room.close(ann);
    EXPECT_EQ(room.blocker(), hibernates ? "a connection whose onConnect threw is still listed" : "");
    if (!hibernates) {
      room.hibernate();
      EXPECT_TRUE(room.released(bob)) << "an ordinary room goes, and its ghosts with it";
    }
    EXPECT_EQ(room.response(room.request()), hibernates ? "200 bob " : "200 ");
    EXPECT_EQ(room.response(room.request("/party/r?close=1")), hibernates ? "200 bob " : "200 ");
    EXPECT_EQ(room.response(room.request()), "200 ") << "close() takes it out of the list";
    room.reset("new code");
    EXPECT_TRUE(room.released(bob));
    EXPECT_EQ(room.response(room.request()), "200 ");
  }

  RoomDriver strict(failing(true));
  strict.connect("ann");
  EXPECT_TRUE(strict.released(strict.connect("bob")));
  EXPECT_EQ(strict.response(strict.request()), "200 ann ");
}

// D-17, REQUEST-12, REQUEST-13, GATE-045
TEST(Profile, AnyErrorCodeIsAStatusOnlyWithTheSwitch) {
  Script script;
  script.onRequest = [](Room&, Request request) -> Task<Response> {
    throw Error("text", std::stoi(*request.query("code")));
    co_return Response();
  };
  RoomDriver faithful(script, {.profile = with(&Profile::anyErrorCodeIsStatus)});
  RoomDriver strict(script);
  const auto answer = [](RoomDriver& room, const std::string& code) {
    return room.response(room.request("/party/r?code=" + code));
  };
  const std::string range =
      "500 Responses may only be constructed with status codes in the range 200 to 599, inclusive.";
  EXPECT_EQ(answer(faithful, "200"), "200 text");
  EXPECT_EQ(answer(faithful, "418"), "418 text");
  EXPECT_EQ(answer(faithful, "99"), range);
  EXPECT_EQ(answer(faithful, "600"), range);
  EXPECT_EQ(answer(faithful, "204"), "500 Response with null body status (101, 204, 205, or 304) cannot have a body.");
  EXPECT_EQ(answer(strict, "200"), "500 text");
  EXPECT_EQ(answer(strict, "204"), "500 text");
  EXPECT_EQ(answer(strict, "418"), "418 text");
}

TEST(Profile, TheFaithfulOneHasEverySwitchOnAndTheDocumentedOneNone) {
  for (const auto member :
       {&Profile::eventsOvertakeStart, &Profile::failedStartIsSkipped, &Profile::alarmHidesIdFromAll,
        &Profile::alarmInstanceHasNoId, &Profile::clientCloseUnanswered, &Profile::tagsUncheckedInOrdinaryRooms,
        &Profile::stateUnlimitedInOrdinaryRooms, &Profile::duplicateIdThrows, &Profile::failedConnectLeavesGhost,
        &Profile::anyErrorCodeIsStatus}) {
    EXPECT_TRUE(Profile::partykit().*member);
    EXPECT_FALSE(Profile::documented().*member);
  }
}

}  // namespace
}  // namespace Party::Test
