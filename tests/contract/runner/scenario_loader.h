#pragma once

#include "scenario.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace Party::Contract {

/// What a scenario file may be: bigger is a mistake, or somebody who means harm.
inline constexpr std::size_t maxFileBytes = 4 * 1024 * 1024;
inline constexpr std::size_t maxScenarios = 500;
inline constexpr std::size_t maxSteps = 300;
inline constexpr std::size_t maxRules = 12;

inline const std::vector<std::string> armNames{"simulator", "server", "partykit"};

/// The scenarios of one file: an object, or an array of them. Every step has been read once, so what comes back can be
/// played in every arm. Throws `LoadError`.
std::vector<Scenario> loadScenarios(std::string_view text, const std::string& file);
std::vector<Scenario> loadScenarioFile(const std::filesystem::path& file, const std::string& shownAs);

/// The steps for one room and arm: `{room}` and `{party}` replaced, repeated texts written out, and each expectation
/// the one of that arm. Throws `LoadError`.
std::vector<Step> stepsOf(const Scenario& scenario, const RoomName& room, const std::string& arm);

/// Why these steps need a real socket, or nothing when the simulator can play them.
std::string whySocket(const std::vector<Step>& steps);

}  // namespace Party::Contract
