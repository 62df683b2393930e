#pragma once

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace Party::Contract {

using Json = nlohmann::json;

/// A scenario file that cannot be read: a sentence with the file, the JSON pointer of the place, and what is wrong.
class LoadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A place in a scenario file.
struct Place {
  std::string file;
  std::string pointer;

  Place inside(std::string_view name) const { return {file, pointer + "/" + std::string(name)}; }
  Place inside(std::size_t index) const { return inside(std::to_string(index)); }
  [[noreturn]] void refuse(const std::string& sentence) const;
};

/// Reads the fields of one JSON object, and refuses those that nobody asked for.
class Fields {
 public:
  /// Refuses what is no object.
  Fields(const Json& object, Place place);

  const Place& place() const { return place_; }
  /// Null when it is not there. Asked for, it is a known field from now on.
  const Json* find(const char* name);
  /// Known, but not read here.
  void allow(std::initializer_list<const char*> names) {
    for (const char* name : names) find(name);
  }

  std::optional<std::string> text(const char* name);
  std::string text(const char* name, std::string_view otherwise) { return text(name).value_or(std::string(otherwise)); }
  /// Refuses a number outside `low` to `high`.
  std::optional<long> number(const char* name, long low, long high);
  std::optional<bool> boolean(const char* name);
  /// An array of texts, at most `most`; empty when it is not there.
  std::vector<std::string> texts(const char* name, std::size_t most);
  /// Null when it is not there.
  const Json* object(const char* name);
  const Json* array(const char* name);

  /// Refuses fields that nobody asked for, and names those there are.
  void finish() const;

 private:
  const Json* ofType(const char* name, bool (*fits)(const Json&), const char* what);

  const Json& object_;
  Place place_;
  std::vector<std::string_view> known_;
};

}  // namespace Party::Contract
