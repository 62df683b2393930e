#include "storage/data_directory.h"

#include "exit_codes.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace Party::Serve {
namespace {

// "Prty": tells our files from other people's databases.
constexpr std::int64_t applicationId = 0x50727479;
// A whole check reads the whole file; beyond this size only its structure is looked at.
constexpr std::int64_t mostPagesCheckedAtOpen = 16'384;

constexpr const char* schema = R"sql(
  CREATE TABLE rooms (
    number INTEGER PRIMARY KEY,
    party BLOB NOT NULL,
    id BLOB NOT NULL,
    alarm INTEGER,            -- milliseconds since 1970
    UNIQUE (party, id)
  );
  CREATE INDEX alarms ON rooms (alarm) WHERE alarm IS NOT NULL;
  CREATE TABLE entries (
    room INTEGER NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (room, key)
  ) WITHOUT ROWID;
)sql";

int exitCodeFor(int error) {
  return error == EACCES || error == EPERM || error == EROFS ? ExitCode::noPermission : ExitCode::cannotCreate;
}

void makeDirectories(const std::filesystem::path& directory) {
  std::filesystem::path made;
  for (const auto& part : directory) {
    made /= part;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error = errno;
      throw Refusal(exitCodeFor(error), fmt::format("cannot create the data directory \"{}\": {}; choose another one "
                                                    "with --data",
                                                    directory.string(), std::strerror(error)));
    }
  }
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw Refusal(ExitCode::cannotCreate,
                  fmt::format("\"{}\" is not a directory; choose another one with --data", directory.string()));
  }
}

int takeLock(const std::filesystem::path& directory) {
  const auto file = directory / "lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    const int error = errno;
    throw Refusal(exitCodeFor(error), fmt::format("cannot write to the data directory \"{}\": {}; choose another one "
                                                  "with --data",
                                                  directory.string(), std::strerror(error)));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    throw Refusal(ExitCode::cannotCreate, fmt::format("the data directory \"{}\" is in use by another server; stop "
                                                      "that one, or choose another directory with --data",
                                                      directory.string()));
  }
  return lock;
}

[[noreturn]] void refuseDamaged(const std::filesystem::path& file, const std::string& finding) {
  throw Refusal(ExitCode::badData, fmt::format("the database \"{}\" is damaged ({}); restore it from a backup, or move "
                                               "it away to start empty",
                                               file.string(), finding));
}

void checkContent(Database& database, const std::filesystem::path& file) {
  const auto version = database.integer("PRAGMA user_version");
  const auto application = database.integer("PRAGMA application_id");
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (application == 0 && version == 0 && tables == 0) {
    database.execute("BEGIN IMMEDIATE");
    database.execute(schema);
    database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT", applicationId,
                                 DataDirectory::schemaVersion)
                         .c_str());
    return;
  }
  if (application != applicationId) {
    throw Refusal(ExitCode::badData, fmt::format("\"{}\" is a database of another program; choose another data "
                                                 "directory with --data",
                                                 file.string()));
  }
  if (version > DataDirectory::schemaVersion) {
    throw Refusal(ExitCode::badData, fmt::format("\"{}\" has schema {}, this program knows schema {}; use a newer "
                                                 "version of the program, or another data directory with --data",
                                                 file.string(), version, DataDirectory::schemaVersion));
  }
  if (database.integer("PRAGMA page_count") <= mostPagesCheckedAtOpen) {
    const auto finding = database.text("PRAGMA quick_check(1)");
    if (finding != "ok") refuseDamaged(file, finding);
  }
  // Preparing names every column, so a table that lost one is noticed now.
  Statement(database.handle(), "SELECT number, party, id, alarm FROM rooms");
  Statement(database.handle(), "SELECT room, key, value FROM entries");
}

}  // namespace

DataDirectory::DataDirectory(std::filesystem::path directory)
    : directory_(std::move(directory)), file_(directory_ / "rooms.sqlite") {
  makeDirectories(directory_);
  lock_ = takeLock(directory_);
}

DataDirectory::~DataDirectory() { ::close(lock_); }

Database DataDirectory::openForWriting(Durability durability) const {
  try {
    Database database(file_, Database::Access::readWrite);
    database.execute("PRAGMA journal_mode = WAL");
    checkContent(database, file_);
    database.execute(durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    return database;
  } catch (const DatabaseError& error) {
    switch (error.code) {
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
      case SQLITE_ERROR:
        refuseDamaged(file_, error.what());
      case SQLITE_READONLY:
      case SQLITE_PERM:
      case SQLITE_CANTOPEN:
        throw Refusal(ExitCode::noPermission,
                      fmt::format("cannot write {}; check its owner and mode, or choose another data directory with "
                                  "--data",
                                  error.what()));
      default:
        throw Refusal(ExitCode::inputOutput, fmt::format("cannot open {}; check the disk", error.what()));
    }
  }
}

Database DataDirectory::openForReading() const {
  Database database(file_, Database::Access::readOnly);
  database.execute("PRAGMA query_only = 1; PRAGMA mmap_size = 268435456");
  return database;
}

}  // namespace Party::Serve
