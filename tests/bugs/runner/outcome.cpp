#include "outcome.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

void print(const std::optional<Outcome>& outcome) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (outcome) {
    json["failure"] = {{"kind", nameOf(outcome->finding.kind)},
                       {"law", outcome->finding.law},
                       {"seconds", outcome->seconds},
                       {"steps", outcome->minimal.steps.size()},
                       {"shrinkSeconds", outcome->shrinkSeconds},
                       {"scenario", outcome->minimal.code()}};
  }
  fmt::print("{}\n", json.dump());
  std::fflush(stdout);
}

const Party::Sim::SubjectEntry& subject() {
  static const Party::Sim::SubjectEntry entry = partySubject();
  return entry;
}
