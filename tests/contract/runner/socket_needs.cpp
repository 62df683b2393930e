#include "scenario_loader.h"

#include <set>
#include <string_view>
#include <type_traits>
#include <variant>

namespace Party::Contract {
namespace {

/// Goes through the steps and looks for what only a real socket can do or show.
class Needs {
 public:
  std::string of(const Step& step) {
    return std::visit([this](const auto& what) { return why(what); }, step.what);
  }

 private:
  template <class Other>
  std::string why(const Other&) {
    return {};
  }

  std::string why(const ConnectStep& step) {
    upgrades_.insert(step.channel);
    if (!step.answersClose) silent_.insert(step.channel);
    if (step.method != "GET") return "it connects with another method than GET";
    for (const auto& [name, value] : step.headers) {
      const bool handshake = name == "connection" || name == "upgrade" || name.starts_with("sec-websocket-");
      if (handshake || !value) return "it changes the handshake";
    }
    return {};
  }

  std::string why(const RequestStep& step) {
    if (step.method == "HEAD") return "what HEAD leaves out is left out on the way to the client";
    for (const auto& [name, value] : step.headers) {
      if (!value) return "it leaves out a header that every request has";
    }
    return {};
  }

  std::string why(const SendStep& step) {
    return step.as == SendStep::As::frames ? "it sends frames byte by byte" : afterClose(step.channel);
  }
  std::string why(const CloseStep& step) { return afterClose(step.channel); }

  std::string why(const BreakStep& step) {
    if (step.orderly) return "it ends one direction of TCP";
    return afterClose(step.channel);
  }

  std::string why(const ExpectStep& step) {
    if (step.expected.kind == Expected::Kind::pong) return "it looks at a pong";
    if (step.expected.kind == Expected::Kind::ended) return "it looks at the end of TCP";
    if (step.expected.kind == Expected::Kind::close && silent_.contains(step.channel)) closed_.insert(step.channel);
    if (upgrades_.contains(step.channel) && !step.expected.headers.empty()) {
      return "it looks at the headers of the answer to an upgrade";
    }
    const auto& headers = step.expected.headers;
    if (headers.contains("content-length")) return "it looks at a length that is added on the way to the client";
    return {};
  }

  std::string afterClose(const std::string& channel) const {
    return closed_.contains(channel) ? "its client goes on after a close frame that it does not answer" : "";
  }

  std::set<std::string> upgrades_;
  std::set<std::string> silent_;  // do not answer a close frame
  std::set<std::string> closed_;  // of those, the ones that have got one
};

}  // namespace

std::string whySocket(const std::vector<Step>& steps) {
  Needs needs;
  for (const Step& step : steps) {
    if (std::string why = needs.of(step); !why.empty()) return why;
  }
  return {};
}

}  // namespace Party::Contract
