#include <fmt/format.h>
#include <party/host/chance.h>
#include <party/sim/fuzz.h>
#include <party/sim/judge.h>
#include <party/sim/report.h>
#include <party/sim/shrink.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "budget.h"
#include "mutation.h"
#include "words.h"

/// The fuzzer's own, which knows the dictionary and what the party compared; not there where libFuzzer is not linked.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t room);

namespace Party::Sim {
namespace {

constexpr double shrinkSeconds = 2;

std::size_t changeBytes(std::span<std::uint8_t> room, std::size_t size, std::uint64_t seed) {
  if (LLVMFuzzerMutate != nullptr) return LLVMFuzzerMutate(room.data(), size, room.size());
  if (size == 0) return 0;
  room[seed % size] ^= static_cast<std::uint8_t>(1u << (seed >> 32) % 8);
  return size;
}

}  // namespace

class FuzzTarget::Machinery {
 public:
  Machinery(Host::Parties parties, Property property)
      : parties_(std::move(parties)), property_(std::move(property)), judge_(parties_, property_) {}

  void tryOut(std::span<const std::uint8_t> bytes) {
    Scenario scenario = Scenario::decode(bytes);
    scenario.party = parties_.front().name;  // the only one that is tried; its name is not for the fuzzer to find
    if (const auto finding = judge_.examine(scenario)) report(scenario, *finding);
  }

  std::vector<std::string> words() const { return Detail::wordsOf(parties_.front(), property_); }

  std::size_t mutate(std::span<std::uint8_t> room, std::size_t size, unsigned int seed) const {
    const std::uint64_t bits = Host::scramble(seed);
    if (bits % 8 == 0) return changeBytes(room, size, bits);
    Scenario scenario = Scenario::decode(room.first(size));
    const auto change = [bits](std::span<std::uint8_t> bytes, std::size_t used) {
      return changeBytes(bytes, used, bits);
    };
    Detail::mutate(scenario, parties_.front(), property_, bits, change);
    const std::vector<std::uint8_t> bytes = scenario.encode();
    if (bytes.size() > room.size()) return changeBytes(room, size, bits);
    std::ranges::copy(bytes, room.begin());
    return bytes.size();
  }

 private:
  [[noreturn]] void report(const Scenario& scenario, const Finding& found) {
    const Detail::Stopwatch watch;
    ShrinkLimits limits;
    limits.spent = [&] { return watch.seconds() >= shrinkSeconds; };
    const auto fails = [&](const Scenario& candidate) {
      const auto finding = judge_.examine(candidate);
      return finding && finding->sameAs(found);
    };
    const Shrunk smallest = shrink(scenario, fails, limits);
    const Finding finding = judge_.examine(smallest.scenario).value_or(found);
    ReportContext context;
    context.program.clear();
    std::fputs(fmt::format("\n{}\nas a code: {}\n", findingText(finding, smallest.scenario, parties_, context),
                           smallest.scenario.code())
                   .c_str(),
               stderr);
    std::abort();
  }

  Host::Parties parties_;
  Property property_;
  Judge judge_;
};

FuzzTarget::FuzzTarget(Host::Parties parties, Property property)
    : machinery_(std::make_unique<Machinery>(std::move(parties), std::move(property))) {}
FuzzTarget::~FuzzTarget() = default;

void FuzzTarget::operator()(std::span<const std::uint8_t> bytes) { machinery_->tryOut(bytes); }

std::size_t FuzzTarget::mutate(std::span<std::uint8_t> room, std::size_t size, unsigned int seed) const {
  return machinery_->mutate(room, size, seed);
}

void FuzzTarget::addDictionary(int* argc, char*** argv) const {
  const auto named = [](const char* word) { return std::string_view(word).starts_with("-dict="); };
  const std::vector<std::string> words = machinery_->words();
  if (words.empty() || std::any_of(*argv, *argv + *argc, named)) return;
  const auto file =
      std::filesystem::temp_directory_path() / (std::filesystem::path((*argv)[0]).filename().string() + ".words");
  if (!(std::ofstream(file) << Detail::dictionaryText(words))) return;  // it will go without
  static std::string option;                                            // libFuzzer keeps what it is given
  static std::vector<char*> longer;
  option = "-dict=" + file.string();
  longer.assign(*argv, *argv + *argc);
  longer.push_back(option.data());
  longer.push_back(nullptr);
  *argv = longer.data();
  ++*argc;
}

}  // namespace Party::Sim
