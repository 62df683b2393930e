#include <party/run.h>
#include <party/version.h>

#include "exit_codes.h"
#include "serve.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

namespace Party {
namespace {

std::string helpText(const std::string& program, const std::vector<Host::Command>& commands) {
  std::size_t width = 0;
  for (const auto& command : commands) width = std::max(width, command.name.size());
  std::string text = fmt::format("usage: {} <command> [options]\n\n", program);
  for (const auto& command : commands) {
    fmt::format_to(std::back_inserter(text), "  {:<{}}  {}\n", command.name, width, command.help);
  }
  return text +
         fmt::format("\n`{} <command> --help` lists a command's options. This is Party {}.\n", program, version());
}

std::string namesOf(const std::vector<Host::Command>& commands) {
  std::string names;
  for (const auto& command : commands) names += (names.empty() ? "" : ", ") + command.name;
  return names;
}

}  // namespace

int run(int argc, char** argv, const Host::Parties& parties, std::vector<Host::Command> commands) {
  const std::string program = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "party";
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);

  std::vector<Host::Command> all;
  all.push_back({"serve", "serve the parties over HTTP and WebSocket",
                 [&](const auto& arguments) { return Serve::serve(arguments, parties, program + " serve"); }});
  std::ranges::move(commands, std::back_inserter(all));
  all.push_back({"help", "this text", [&](const auto&) {
                   fmt::print("{}", helpText(program, all));
                   return Serve::ExitCode::done;
                 }});

  const std::string verb = words.empty() || words[0] == "--help" || words[0] == "-h" ? "help" : words[0];
  if (verb == "--version") {
    fmt::print("{}\n", version());
    return Serve::ExitCode::done;
  }
  const auto chosen = std::ranges::find(all, verb, &Host::Command::name);
  if (chosen == all.end()) {
    fmt::print(stderr, "there is no command \"{}\"; the commands are {}\n", verb, namesOf(all));
    return Serve::ExitCode::usage;
  }
  return chosen->run({words.begin() + (words.empty() ? 0 : 1), words.end()});
}

}  // namespace Party
