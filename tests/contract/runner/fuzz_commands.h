#pragma once

#include "fuzz_draw.h"
#include "fuzz_scripts.h"

#include <string>
#include <vector>

namespace Party::Contract {

/// Draws commands of the probe's language.
class CommandWriter {
 public:
  CommandWriter(Draw& draw, const FuzzWorld& world) : draw_(draw), world_(world) {}

  /// Where a script runs decides what it may say.
  enum class Where { message, request, connect, alarm, close };
  /// 1 to `most` commands that end with telling their results: `reply`, or `note`; a request needs neither.
  Json script(Where where, const std::vector<std::string>& ids, std::size_t most);
  /// Whether the last script takes time to end, or goes on after it.
  bool takesTime() const { return takesTime_; }
  /// Whether a script so far closes a connection from inside.
  bool closes() const { return closes_; }

  /// An alarm that comes soon, among commands that do not look at it.
  Json alarmScript();
  Json value();
  std::string text();

 private:
  Json storage(bool within);
  Json list();
  Json alarm();
  Json transaction();
  Json connections(const std::vector<std::string>& ids);
  Json state();
  Json later(const std::vector<std::string>& ids);
  Json fault(Where where);
  Json request();
  Json respond();
  Json call();
  Json one(Where where, const std::vector<std::string>& ids);
  void addOptions(Json& command, bool writes);
  std::string key();

  Draw& draw_;
  FuzzWorld world_;
  bool takesTime_ = false;
  bool closes_ = false;
};

}  // namespace Party::Contract
