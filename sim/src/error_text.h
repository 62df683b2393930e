#pragma once

#include <rapidcheck/detail/Results.h>

#include <exception>
#include <string>

namespace Party::Sim::Detail {

/// `what()`, a thrown string itself, what RC_ASSERT says, or "unknown exception" for anything else.
inline std::string errorText(const std::exception_ptr& error) {
  if (!error) return "unknown exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (const std::string& text) {
    return text;
  } catch (const char* text) {
    return text;
  } catch (const rc::detail::CaseResult& assertion) {
    return assertion.description;
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace Party::Sim::Detail
