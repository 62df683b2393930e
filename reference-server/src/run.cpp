#include <party/run.h>
#include <party/version.h>

#include <CLI/CLI.hpp>
#include <string>

namespace Party {

int run(int argc, char** argv) {
  CLI::App app("serves and simulates parties", "party");
  app.set_version_flag("--version", std::string(version()));
  CLI11_PARSE(app, argc, argv);
  return 0;
}

}  // namespace Party
