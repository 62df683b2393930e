#include "fuzz_shrink.h"

#include "fuzz_scripts.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace Party::Contract {
namespace {

/// What a step or a command can do without, and still have one outcome.
constexpr std::array optional{"prefix",
                              "start",
                              "startAfter",
                              "end",
                              "limit",
                              "reverse",
                              "reason",
                              "without",
                              "allowConcurrency",
                              "allowUnconfirmed",
                              "noCache",
                              "rollback",
                              "await",
                              "tags",
                              "onConnect",
                              "headers",
                              "query",
                              "before",
                              "tag",
                              "size"};

class Shrinker {
 public:
  Shrinker(Json script, const std::function<bool(const Json&)>& bad, std::size_t budget)
      : script_(std::move(script)), bad_(bad), left_(budget) {}

  Json run() {
    while (left_ > 0) {
      const std::size_t before = script_.dump().size();
      removeSteps();
      removeCommands();
      simplify();
      if (script_.dump().size() == before) break;
    }
    return std::move(script_);
  }

 private:
  bool keep(Json candidate) {
    if (left_ == 0 || candidate == script_) return false;
    --left_;
    if (!bad_(candidate)) return false;
    script_ = std::move(candidate);
    return true;
  }

  /// Where acts begin: a step that does something, up to the next one.
  std::vector<std::size_t> acts() const {
    std::vector<std::size_t> begins;
    const Json& steps = script_["steps"];
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (i == 0 || !isPause(steps[i])) begins.push_back(i);
    }
    begins.push_back(steps.size());
    return begins;
  }

  void removeSteps() {
    for (std::size_t width = acts().size() / 2; width > 0; width /= 2) {
      for (std::size_t end = acts().size() - 1; end >= width && left_ > 0;) {
        const auto begins = acts();
        Json candidate = script_;
        Json& steps = candidate["steps"];
        const auto at = [&steps](std::size_t index) { return steps.begin() + static_cast<std::ptrdiff_t>(index); };
        steps.erase(at(begins[end - width]), at(begins[end]));
        if (!steps.empty() && keep(candidate)) {
          end = std::min(end, acts().size() - 1);
        }
        --end;
      }
    }
  }

  /// The places of all values of the script for which `wanted` holds, the last first.
  template <class Wanted>
  std::vector<Json::json_pointer> places(const Wanted& wanted) const {
    std::vector<Json::json_pointer> found;
    collect(script_["steps"], Json::json_pointer("/steps"), wanted, found);
    std::ranges::reverse(found);
    return found;
  }
  template <class Wanted>
  static void collect(const Json& value, const Json::json_pointer& place, const Wanted& wanted,
                      std::vector<Json::json_pointer>& found) {
    if (wanted(place, value)) found.push_back(place);
    if (!value.is_structured()) return;
    for (const auto& [key, inside] : value.items()) {
      const bool array = value.is_array();
      collect(inside, array ? place / static_cast<std::size_t>(std::stoul(key)) : place / key, wanted, found);
    }
  }

  void removeCommands() {
    const auto isCommand = [](const Json::json_pointer&, const Json& value) {
      return value.is_object() && value.contains("do");
    };
    for (const auto& place : places(isCommand)) {
      if (left_ == 0) return;
      if (!script_.contains(place)) continue;
      Json candidate = script_;
      Json& list = candidate[place.parent_pointer()];
      if (!list.is_array()) continue;
      list.erase(static_cast<std::size_t>(std::stoul(place.back())));
      keep(std::move(candidate));
    }
  }

  void simplify() {
    const auto isOptional = [](const Json::json_pointer& place, const Json&) {
      return std::ranges::find(optional, place.back()) != optional.end();
    };
    for (const auto& place : places(isOptional)) {
      if (left_ == 0) return;
      if (!script_.contains(place)) continue;
      Json candidate = script_;
      candidate[place.parent_pointer()].erase(place.back());
      keep(std::move(candidate));
    }
    const auto isValue = [](const Json::json_pointer& place, const Json& value) {
      return (place.back() == "value" && value != 1) || (place.back() == "text" && value != "x");
    };
    for (const auto& place : places(isValue)) {
      if (left_ == 0) return;
      Json candidate = script_;
      if (place.back() == "text") {
        candidate[place] = "x";
      } else {
        candidate[place] = 1;
      }
      keep(std::move(candidate));
    }
  }

  Json script_;
  const std::function<bool(const Json&)>& bad_;
  std::size_t left_;
};

}  // namespace

Json shrinkScript(Json script, const std::function<bool(const Json&)>& bad, std::size_t budget) {
  return Shrinker(std::move(script), bad, budget).run();
}

}  // namespace Party::Contract
