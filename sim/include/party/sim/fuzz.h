#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/property.h>
#include <party/worker.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

/// A party as a target for libFuzzer, by one line in a file of its own:
///
/// ```
/// #include "board.h"
/// #include <party/sim/fuzz.h>
/// PARTY_FUZZ(Board)
/// ```
/// Each input is a scenario's byte code, and any bytes are one: clients that connect, send what the party expects and
/// what it does not, break the protocol and vanish, a room that sleeps, crashes and loses commits. The laws that are
/// always on judge its life (see `Property`).
///
/// With clang: `-fsanitize=fuzzer,address,undefined`. Any other compiler links `Party::sim_replay` instead, and the
/// program plays the files, or the folders of files, that it is given: a corpus is then a test.

namespace Party::Sim {

class FuzzTarget {
 public:
  explicit FuzzTarget(Host::Parties parties, Property property = Property());
  ~FuzzTarget();
  FuzzTarget(const FuzzTarget&) = delete;
  FuzzTarget& operator=(const FuzzTarget&) = delete;

  /// Judges the life that the bytes describe. When it breaks a law, the smallest scenario that breaks it too is printed
  /// on stderr with a test to paste, and the program aborts, as the fuzzer expects.
  void operator()(std::span<const std::uint8_t> bytes);

  /// Gives the fuzzer the words that the property's generators use, as a dictionary in the temporary folder; nothing
  /// when the command line names one.
  void addDictionary(int* argc, char*** argv) const;
  /// The first `size` bytes after one change that keeps them a story: mostly to its steps, now and then to the bytes.
  /// The new size, at most that of `room`.
  std::size_t mutate(std::span<std::uint8_t> room, std::size_t size, unsigned int seed) const;

 private:
  class Machinery;
  std::unique_ptr<Machinery> machinery_;
};

}  // namespace Party::Sim

#define PARTY_FUZZ(Class) PARTY_FUZZ_WITH(Class, ::Party::Sim::Property())

/// With a property: its laws judge as well, and its generators say what messages, queries and requests are like.
#define PARTY_FUZZ_WITH(Class, property)                                                                 \
  static ::Party::Sim::FuzzTarget& partyFuzzTarget() {                                                   \
    static ::Party::Sim::FuzzTarget target(::Party::parties<Class>("main"), property);                   \
    return target;                                                                                       \
  }                                                                                                      \
  extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {                                         \
    partyFuzzTarget().addDictionary(argc, argv);                                                         \
    return 0;                                                                                            \
  }                                                                                                      \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t room, \
                                                 unsigned seed) {                                        \
    return partyFuzzTarget().mutate({data, room}, size, seed);                                           \
  }                                                                                                      \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {                    \
    partyFuzzTarget()({data, size});                                                                     \
    return 0;                                                                                            \
  }
