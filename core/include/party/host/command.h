#pragma once

#include <functional>
#include <string>
#include <vector>

namespace Party::Host {

/// One verb of a project's executable, passed from a library to `Party::run` by main, so that no host knows another.
struct Command {
  std::string name;
  /// One line for `help`.
  std::string help;
  /// Gets the arguments behind the verb, returns the exit code.
  std::function<int(const std::vector<std::string>& arguments)> run;
};

}  // namespace Party::Host
