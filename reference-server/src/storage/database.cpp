#include "storage/database.h"

#include <fmt/core.h>
#include <sqlite3.h>

namespace Party::Serve {
namespace {

[[noreturn]] void fail(sqlite3* database, int code) {
  const char* file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  throw DatabaseError(code & 0xff, fmt::format("{}: {}", file == nullptr ? "database" : file,
                                               database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database)));
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &prepared, nullptr);
  statement_.reset(prepared);
  if (code != SQLITE_OK) fail(database, code);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

void Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), code);
}

void Statement::bind(int index, std::string_view blob) {
  // An empty view may have a null pointer, which SQLite would take for NULL.
  const int code =
      sqlite3_bind_blob64(statement_.get(), index, blob.empty() ? "" : blob.data(), blob.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), code);
}

void Statement::bind(int index, std::nullopt_t) {
  const int code = sqlite3_bind_null(statement_.get(), index);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), code);
}

Statement::Rows::~Rows() { sqlite3_reset(statement_); }

bool Statement::Rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(sqlite3_db_handle(statement_), code);
  return false;
}

std::int64_t Statement::Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::Rows::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::Rows::isNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Database::Database(const std::filesystem::path& file, Access access) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (access == Access::readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) {
    throw DatabaseError(code & 0xff, fmt::format("{}: {}", file.string(), sqlite3_errstr(code)));
  }
  // Another process may look at the file; it must not make a commit fail.
  sqlite3_busy_timeout(opened, 10'000);
}

void Database::Close::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle(), code);
}

std::int64_t Database::integer(std::string_view sql) {
  Statement statement(handle(), sql);
  auto rows = statement.run();
  return rows.next() ? rows.integer(0) : 0;
}

std::string Database::text(std::string_view sql) {
  Statement statement(handle(), sql);
  auto rows = statement.run();
  return rows.next() ? std::string(rows.bytes(0)) : std::string();
}

bool Database::inTransaction() const { return sqlite3_get_autocommit(handle()) == 0; }

}  // namespace Party::Serve
