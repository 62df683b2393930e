#include "id_index.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace Party::Detail {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Ids : public testing::Test {
 protected:
  auto idOf() const {
    return [this](std::uint32_t number) -> std::string_view { return ids[number]; };
  }
  void add(std::uint32_t number, std::string id) {
    if (number >= ids.size()) ids.resize(number + 1);
    ids[number] = std::move(id);
    index.add(number, idOf());
  }
  void remove(std::uint32_t number) {
    index.remove(number, idOf());
    ids[number] = "gone";
  }
  std::vector<std::uint32_t> bearers(std::string_view id) const {
    std::vector<std::uint32_t> found;
    index.visit(id, idOf(), [&](std::uint32_t number) { found.push_back(number); });
    return found;
  }

  std::vector<std::string> ids;
  IdIndex index;
};

TEST_F(Ids, FindEveryBearerOfAnIdAndNobodyElse) {
  EXPECT_THAT(bearers("ann"), IsEmpty()) << "before anybody came";
  add(0, "ann");
  add(7, "bob");
  add(3, "ann");
  EXPECT_THAT(bearers("ann"), UnorderedElementsAre(0, 3));
  EXPECT_THAT(bearers("bob"), UnorderedElementsAre(7));
  EXPECT_THAT(bearers("cid"), IsEmpty());
  remove(0);
  EXPECT_THAT(bearers("ann"), UnorderedElementsAre(3));
  index.clear();
  EXPECT_THAT(bearers("bob"), IsEmpty());
}

// Whoever is removed leaves no gap at which a search for somebody behind it would end.
TEST_F(Ids, FindEveryoneHoweverManyCameAndWent) {
  std::mt19937 chance(1);
  std::set<std::uint32_t> present;
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<std::uint32_t>(chance() % 400);
    if (present.contains(number)) {
      remove(number);
      present.erase(number);
    } else if (step < 15'000 || number % 8 == 0) {  // in the end hardly anybody is left
      add(number, "id" + std::to_string(number % 100));
      present.insert(number);
    }
    if (step % 50 != 0) continue;
    for (std::uint32_t id = 0; id < 100; ++id) {
      std::set<std::uint32_t> expected;
      for (std::uint32_t bearer = id; bearer < 400; bearer += 100) {
        if (present.contains(bearer)) expected.insert(bearer);
      }
      const auto found = bearers("id" + std::to_string(id));
      ASSERT_EQ(std::set(found.begin(), found.end()), expected) << "step " << step;
      ASSERT_EQ(found.size(), expected.size()) << "nobody twice";
    }
  }
}

}  // namespace
}  // namespace Party::Detail
