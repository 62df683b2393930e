#include "storage/data_directory.h"
#include "exit_codes.h"
#include "temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>

namespace Party::Serve {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Refused {
  int exitCode = 0;
  std::string sentence;
};
Refused refusalOf(const std::function<void()>& attempt) {
  try {
    attempt();
  } catch (const Refusal& refusal) {
    return {refusal.exitCode, refusal.what()};
  }
  return {};
}
Refused refusalOf(const std::filesystem::path& directory) {
  return refusalOf([&] { DataDirectory(directory).openForWriting(Durability::full); });
}

TEST(DataDirectory, IsCreatedForItsOwnerAloneWithAnEmptyDatabase) {
  TemporaryDirectory home;
  const DataDirectory data(home / "deep/state");
  auto database = data.openForWriting(Durability::full);
  struct stat status{};
  ASSERT_EQ(::stat((home / "deep/state").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_EQ(database.integer("SELECT count(*) FROM rooms"), 0);
  EXPECT_EQ(database.integer("PRAGMA user_version"), DataDirectory::schemaVersion);
  EXPECT_EQ(database.text("PRAGMA journal_mode"), "wal");
}

TEST(DataDirectory, WaitsForTheDiskUnlessToldOtherwise) {
  TemporaryDirectory home;
  const DataDirectory data(home.path());
  EXPECT_EQ(data.openForWriting(Durability::full).integer("PRAGMA synchronous"), 2);
  EXPECT_EQ(data.openForWriting(Durability::normal).integer("PRAGMA synchronous"), 1);
}

TEST(DataDirectory, IsRefusedToASecondServer) {
  TemporaryDirectory home;
  const DataDirectory first(home.path());
  const auto refused = refusalOf(home.path());
  EXPECT_EQ(refused.exitCode, 73);
  EXPECT_THAT(refused.sentence, AllOf(HasSubstr(home.path().string()), HasSubstr("in use"), HasSubstr("--data")));
}

TEST(DataDirectory, IsFreeAgainWhenTheFirstServerHasGone) {
  TemporaryDirectory home;
  {
    const DataDirectory first(home.path());
  }
  EXPECT_EQ(refusalOf(home.path()).exitCode, 0);
}

TEST(DataDirectory, ThatIsAFileIsRefusedByName) {
  TemporaryDirectory home;
  writeFile(home / "state", "not a directory");
  const auto refused = refusalOf(home / "state");
  EXPECT_EQ(refused.exitCode, 73);
  EXPECT_THAT(refused.sentence, AllOf(HasSubstr((home / "state").string()), HasSubstr("not a directory")));
}

TEST(DataDirectory, WithGarbageForADatabaseIsRefusedWithTheFileAndWhatToDo) {
  TemporaryDirectory home;
  writeFile(home / "rooms.sqlite", std::string(8'192, 'g'));
  const auto refused = refusalOf(home.path());
  EXPECT_EQ(refused.exitCode, 65);
  EXPECT_THAT(refused.sentence, AllOf(HasSubstr("rooms.sqlite"), HasSubstr("damaged"), HasSubstr("backup")));
}

TEST(DataDirectory, WithADamagedPageIsRefused) {
  TemporaryDirectory home;
  {
    const DataDirectory data(home.path());
    auto database = data.openForWriting(Durability::full);
    database.execute(
        "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 200) "
        "INSERT INTO rooms (party, id) SELECT x'6d', randomblob(400) FROM counted");
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::fstream file(home / "rooms.sqlite", std::ios::in | std::ios::out | std::ios::binary);
  for (int page = 2; page < 12; ++page) {
    file.seekp(page * 4'096);
    file << std::string(512, '\x7f');
  }
  file.close();
  const auto refused = refusalOf(home.path());
  EXPECT_EQ(refused.exitCode, 65);
  EXPECT_THAT(refused.sentence, HasSubstr("rooms.sqlite"));
}

TEST(DataDirectory, OfANewerSchemaIsRefusedWithBothNumbersAndLeftAlone) {
  TemporaryDirectory home;
  {
    DataDirectory(home.path()).openForWriting(Durability::full).execute("PRAGMA user_version = 7");
  }
  const auto refused = refusalOf(home.path());
  EXPECT_EQ(refused.exitCode, 65);
  EXPECT_THAT(refused.sentence, AllOf(HasSubstr("schema 7"), HasSubstr("schema 1")));
  EXPECT_EQ(Database(home / "rooms.sqlite", Database::Access::readOnly).integer("PRAGMA user_version"), 7);
}

TEST(DataDirectory, WithTheDatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  TemporaryDirectory home;
  Database(home / "rooms.sqlite", Database::Access::readWrite).execute("CREATE TABLE other (x)");
  const auto refused = refusalOf(home.path());
  EXPECT_EQ(refused.exitCode, 65);
  EXPECT_THAT(refused.sentence, HasSubstr("another program"));
}

TEST(DataDirectory, WithATableThatLostAColumnIsRefused) {
  TemporaryDirectory home;
  {
    DataDirectory(home.path()).openForWriting(Durability::full).execute("ALTER TABLE entries DROP COLUMN value");
  }
  EXPECT_EQ(refusalOf(home.path()).exitCode, 65);
}

}  // namespace
}  // namespace Party::Serve
