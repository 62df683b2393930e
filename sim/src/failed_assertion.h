#pragma once

#include <party/sim/expectations.h>
#include <party/sim/peer.h>
#include <rapidcheck/Assertions.h>

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What RC_ASSERT throws, which is no std::exception.

namespace Party::Sim::Detail {

/// A description begins with `file:line:`.
inline FailedExpectation expectationOf(const rc::detail::CaseResult& thrown) {
  std::string place = thrown.description.substr(0, thrown.description.find('\n'));
  if (place.ends_with(':')) place.pop_back();
  return {thrown.description, std::move(place)};
}

inline bool isFailure(const rc::detail::CaseResult& thrown) {
  return thrown.type == rc::detail::CaseResult::Type::Failure;
}

/// Nothing when the exception is not that of a failed RC_ASSERT.
inline std::optional<FailedExpectation> failedAssertion(const std::exception_ptr& error) {
  if (!error) return std::nullopt;
  try {
    std::rethrow_exception(error);
  } catch (const rc::detail::CaseResult& thrown) {
    if (isFailure(thrown)) return expectationOf(thrown);
  } catch (...) {  // an error like any other, which others speak of
  }
  return std::nullopt;
}

/// An RC_ASSERT of a peer fails the call like any error, and is not forgotten.
inline PeerAnswer watched(PeerAnswer answer, std::vector<FailedExpectation>& failed) {
  return [answer = std::move(answer), &failed](const Request& request) {
    try {
      return answer(request);
    } catch (const rc::detail::CaseResult& thrown) {
      if (isFailure(thrown)) failed.push_back(expectationOf(thrown));
      throw;
    }
  };
}

}  // namespace Party::Sim::Detail
