#pragma once

#include "scenario.h"

#include <string>
#include <string_view>
#include <utility>

namespace Party::Contract {

/// Reads the steps of a scenario for one room in one arm.
class StepReader {
 public:
  StepReader(RoomName room, std::string arm) : room_(std::move(room)), arm_(std::move(arm)) {}

  /// Throws `LoadError` for a step that is not written as docs/conformance.md says.
  Step read(const Json& step, const Place& place) const;

 private:
  Json filledIn(const Json& value) const;
  Json filledInStep(const Json& step) const;
  RoomName roomOf(Fields& fields) const;
  std::string targetOf(Fields& fields, bool escape) const;

  ConnectStep connect(Fields& fields, const char* verb) const;
  RequestStep request(Fields& fields) const;
  SendStep send(Fields& fields) const;
  CloseStep close(Fields& fields) const;
  HibernateStep hibernate(Fields& fields) const;
  /// What is expected in this arm: what the step says, or what it says for the arm.
  Step expectation(const Json& step, const Place& place) const;
  ExpectStep expect(const Json& step, const Place& place) const;
  ReportStep report(const Json& step, const Place& place) const;

  RoomName room_;
  std::string arm_;
};

/// `text` as it stands in a query: everything but the unreserved characters of RFC 3986 is escaped.
std::string escaped(std::string_view text);
/// `headers`: names in lower case; null means that there is none.
ExpectedHeaders headersOf(Fields& fields);
/// The bytes that `hex`, the value of `name`, stands for.
std::string bytesIn(Fields& fields, const char* name, const std::string& hex);

}  // namespace Party::Contract
