#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <party/sim/expectations.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// The watch for GoogleTest. Included by <party/sim/gtest.h>.

namespace Party::Sim {

/// Keeps failed `EXPECT_*` and `ASSERT_*` of its thread from the test that runs.
class GoogleTestWatch final : public ExpectationWatch {
 public:
  std::vector<FailedExpectation> take() override {
    std::vector<FailedExpectation> failed;
    for (; taken_ < results_.size(); ++taken_) {
      const testing::TestPartResult& result = results_.GetTestPartResult(taken_);
      if (!result.failed()) continue;
      std::string place = result.file_name() == nullptr ? "" : result.file_name();
      place += ":" + std::to_string(result.line_number());
      failed.push_back({result.message(), std::move(place)});
    }
    return failed;
  }

  static std::unique_ptr<ExpectationWatch> make() { return std::make_unique<GoogleTestWatch>(); }

 private:
  testing::TestPartResultArray results_;
  testing::ScopedFakeTestPartResultReporter reporter_{
      testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results_};
  int taken_ = 0;
};

}  // namespace Party::Sim
