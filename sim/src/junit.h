#pragma once

#include <string>

namespace Party::Sim::Detail {

/// One run of a command, as a test report names it.
struct TestCase {
  std::string suite;
  std::string name;
  double seconds = 0;
  /// One word about what kind of failure it is, one line, and all that is known; empty for a run that passed.
  std::string failureKind;
  std::string failure;
  std::string text;
};

/// A report with this case in the format that CI systems call JUnit. What XML cannot hold, such as a control character
/// that a client sent, is U+FFFD in it.
std::string junitText(const TestCase& testCase);

/// Writes it, in a folder that is made when it is not there. Throws `Party::Error` when it cannot be written.
void writeJunit(const std::string& path, const TestCase& testCase);

}  // namespace Party::Sim::Detail
