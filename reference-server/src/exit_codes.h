#pragma once

#include <stdexcept>
#include <string>

namespace Party::Serve {

/// What the executable ends with; the numbers are those of sysexits.h, and `help` lists them.
namespace ExitCode {
inline constexpr int done = 0;
inline constexpr int usage = 64;         // a flag, command or party that does not exist
inline constexpr int badData = 65;       // the data directory holds something that is no database of ours
inline constexpr int software = 70;      // a fault of this program
inline constexpr int cannotCreate = 73;  // the port or the data directory is taken
inline constexpr int inputOutput = 74;   // the disk failed
inline constexpr int noPermission = 77;
}  // namespace ExitCode

/// The server cannot start, or not go on: `what()` is the sentence a person gets, `exitCode` the process ends with.
class Refusal : public std::runtime_error {
 public:
  Refusal(int code, const std::string& sentence) : std::runtime_error(sentence), exitCode(code) {}
  const int exitCode;
};

}  // namespace Party::Serve
