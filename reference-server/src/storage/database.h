#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace Party::Serve {

/// SQLite could not do what was asked; `what()` names the file and SQLite's own words.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(int sqliteCode, const std::string& text) : std::runtime_error(text), code(sqliteCode) {}
  const int code;  // SQLite's primary result code
};

/// A prepared statement. It is run by binding and stepping through a `Rows`.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  class Rows;
  /// Binds the values to ?1, ?2, .. and gives the rows. What is bound must live as long as they do.
  template <class... Values>
  Rows run(const Values&... values);
  /// For statements without a result.
  template <class... Values>
  void execute(const Values&... values);

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view blob);
  void bind(int index, const std::string& blob) { bind(index, std::string_view(blob)); }
  void bind(int index, std::nullopt_t);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// The rows of one run. While it lives its read transaction is open, so keep it short.
class Statement::Rows {
 public:
  explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();

  /// Goes to the next row; false behind the last.
  bool next();
  std::int64_t integer(int column) const;
  /// Valid until `next`.
  std::string_view bytes(int column) const;
  bool isNull(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// One connection to a database file; one thread at a time.
class Database {
 public:
  enum class Access { readWrite, readOnly };
  Database(const std::filesystem::path& file, Access access);

  /// Runs one or more statements without values.
  void execute(const char* sql);
  /// The single number a statement such as a PRAGMA gives.
  std::int64_t integer(std::string_view sql);
  std::string text(std::string_view sql);
  bool inTransaction() const;

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

template <class... Values>
Statement::Rows Statement::run(const Values&... values) {
  [[maybe_unused]] int index = 0;
  (bind(++index, values), ...);
  return Rows(statement_.get());
}

template <class... Values>
void Statement::execute(const Values&... values) {
  Rows rows = run(values...);
  while (rows.next()) continue;
}

}  // namespace Party::Serve
