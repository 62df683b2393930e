#include <party/run.h>
#include <party/sim/commands.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "../docs/examples/chat/chat.h"

/// The `party` of this repository: what any project's executable can do, for an example named behind the command:
/// `party serve chat`, `party simulate chat`. Without a name it is the first example.

namespace {

struct Example {
  std::string name;
  Party::Host::Parties parties;
  std::string page;  // a directory of files to serve beside the rooms; need not exist
};

std::vector<Example> examples() {
  std::vector<Example> all;
  all.push_back({"chat", Party::parties<Chat>("main"), PARTY_EXAMPLES_DIRECTORY "/chat/page"});
  return all;
}

int unknown(const std::string& name, const std::vector<Example>& all) {
  std::string known;
  for (const Example& example : all) known += (known.empty() ? "" : ", ") + example.name;
  std::fprintf(stderr, "there is no example \"%s\"; the examples are %s\n", name.c_str(), known.c_str());
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Example> all = examples();
  std::vector<std::string> words(argv, argv + argc);
  const Example* chosen = &all.front();
  if (words.size() > 2 && !words[2].starts_with('-')) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == words[2]; });
    if (found != all.end()) {
      chosen = &*found;
      words.erase(words.begin() + 2);
    } else if (words[1] == "serve") {  // the word behind `replay` may be a file
      return unknown(words[2], all);
    }
  }
  if (words.size() > 1 && words[1] == "serve" && std::filesystem::is_directory(chosen->page)) {
    // Behind the verb, so that a --static of the user's own comes later and wins.
    words.insert(words.begin() + 2, "--static=" + chosen->page);
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  Party::Sim::CommandOptions simulation;
  simulation.program = argc > 0 ? argv[0] : "party";
  return Party::run(static_cast<int>(arguments.size()), arguments.data(), chosen->parties,
                    Party::Sim::commands(chosen->parties, simulation));
}
