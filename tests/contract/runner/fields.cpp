#include "fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace Party::Contract {

void Place::refuse(const std::string& sentence) const {
  throw LoadError(fmt::format("{}: {}: {}", file, pointer.empty() ? "/" : pointer, sentence));
}

Fields::Fields(const Json& object, Place place) : object_(object), place_(std::move(place)) {
  if (!object.is_object()) place_.refuse(fmt::format("an object belongs here, not {}", object.type_name()));
}

const Json* Fields::find(const char* name) {
  known_.emplace_back(name);
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

const Json* Fields::ofType(const char* name, bool (*fits)(const Json&), const char* what) {
  const Json* value = find(name);
  if (value != nullptr && !fits(*value)) {
    place_.inside(name).refuse(fmt::format("{} belongs here, not {}", what, value->type_name()));
  }
  return value;
}

std::optional<std::string> Fields::text(const char* name) {
  const Json* value = ofType(name, [](const Json& json) { return json.is_string(); }, "a text");
  if (value == nullptr) return std::nullopt;
  return value->get<std::string>();
}

std::optional<long> Fields::number(const char* name, long low, long high) {
  const Json* value = ofType(name, [](const Json& json) { return json.is_number_integer(); }, "a whole number");
  if (value == nullptr) return std::nullopt;
  const bool huge = value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
  if (huge || value->get<long>() < low || value->get<long>() > high) {
    place_.inside(name).refuse(fmt::format("{} is not between {} and {}", value->dump(), low, high));
  }
  return value->get<long>();
}

std::optional<bool> Fields::boolean(const char* name) {
  const Json* value = ofType(name, [](const Json& json) { return json.is_boolean(); }, "true or false");
  if (value == nullptr) return std::nullopt;
  return value->get<bool>();
}

std::vector<std::string> Fields::texts(const char* name, std::size_t most) {
  std::vector<std::string> result;
  const Json* value = array(name);
  if (value == nullptr) return result;
  const Place here = place_.inside(name);
  if (value->size() > most) here.refuse(fmt::format("{} texts, the limit is {}", value->size(), most));
  for (std::size_t i = 0; i < value->size(); ++i) {
    if (!(*value)[i].is_string()) here.inside(i).refuse("a text belongs here");
    result.push_back((*value)[i].get<std::string>());
  }
  return result;
}

const Json* Fields::object(const char* name) {
  return ofType(name, [](const Json& json) { return json.is_object(); }, "an object");
}

const Json* Fields::array(const char* name) {
  return ofType(name, [](const Json& json) { return json.is_array(); }, "an array");
}

void Fields::finish() const {
  for (const auto& [name, value] : object_.items()) {
    if (std::ranges::find(known_, name) != known_.end()) continue;
    place_.refuse(
        fmt::format("there is no field \"{}\" here; the fields are {}", name.substr(0, 100), fmt::join(known_, ", ")));
  }
}

}  // namespace Party::Contract
