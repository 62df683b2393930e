#pragma once

namespace Party {

/// The command line of a party's own executable; returns the exit code for main.
int run(int argc, char** argv);

}  // namespace Party
