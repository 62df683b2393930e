#include "server_process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <thread>

namespace Party::Serve {
namespace {

std::string contentOf(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

// Between fork and exec: system calls only.
[[noreturn]] void become(const ServerProcess::Start& start, char* const* arguments, int out, int error) {
  ::dup2(out, STDOUT_FILENO);
  ::dup2(error, STDERR_FILENO);
  for (const auto& [resource, value] : start.limits) {
    const rlimit limit{value, value};
    ::setrlimit(resource, &limit);
  }
  if (start.unprivileged) {  // what a program may have at most, from exec on
    ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
    ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
  }
  ::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is then a failed write, as on a full disk
  for (const auto& [name, value] : start.environment) ::setenv(name.c_str(), value.c_str(), 1);
  ::execv(start.program.c_str(), arguments);
  ::_exit(126);
}

}  // namespace

ServerProcess::ServerProcess(Start start, const std::string& outputFolder) : folder_(outputFolder) {
  std::vector<std::string> words{"party_test_server"};
  words.insert(words.end(), start.arguments.begin(), start.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int flags = O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC;
  const int out = ::open((folder_ + "/stdout").c_str(), flags, 0600);
  const int error = ::open((folder_ + "/stderr").c_str(), flags, 0600);
  process_ = ::fork();
  if (process_ == 0) become(start, arguments.data(), out, error);
  ::close(out);
  ::close(error);
}

ServerProcess::~ServerProcess() {
  if (hasEnded()) return;
  signal(SIGKILL);
  wait();
}

bool ServerProcess::hasEnded() {
  if (status_) return true;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) == process_) status_ = status;
  return status_.has_value();
}

std::uint16_t ServerProcess::waitUntilReady(std::chrono::milliseconds patience) {
  static const std::regex ready("Ready on http://[^:]+:([0-9]+)[^0-9]");
  const auto end = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < end) {
    const std::string output = standardOutput();
    if (std::smatch found; std::regex_search(output, found, ready)) {
      return static_cast<std::uint16_t>(std::stoi(found[1]));
    }
    if (hasEnded()) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return 0;
}

void ServerProcess::signal(int number) const { ::kill(process_, number); }

int ServerProcess::wait() {
  if (!status_) {
    int status = 0;
    ::waitpid(process_, &status, 0);
    status_ = status;
  }
  return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 1'000 + WTERMSIG(*status_);
}

std::optional<int> ServerProcess::waitAtMost(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!hasEnded()) {
    if (std::chrono::steady_clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return wait();
}

std::string ServerProcess::standardOutput() const { return contentOf(folder_ + "/stdout"); }
std::string ServerProcess::standardError() const { return contentOf(folder_ + "/stderr"); }

}  // namespace Party::Serve
