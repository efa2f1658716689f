#include "broker/embedded/leases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace orderly::broker {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1h};

class LeasesTest : public ::testing::Test {
 protected:
  std::string grant(Position position, std::chrono::seconds deadline = 10s) {
    return leases_.grant(position, kNow + deadline, random_);
  }

  SeededRandom random_{1};
  Leases leases_;
};

TEST_F(LeasesTest, KnowsItsOwnIdsAndNoOthers) {
  const auto id = grant(7);
  EXPECT_EQ(leases_.find(id), 7);
  auto other = id;
  other[40] = other[40] == 'a' ? 'b' : 'a';
  EXPECT_FALSE(leases_.find(other));
  EXPECT_FALSE(leases_.find(""));
  EXPECT_FALSE(leases_.find(id + "0"));
  EXPECT_FALSE(leases_.find(std::string(48, 'g')));
}

TEST_F(LeasesTest, GivesAnotherIdEachTime) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ids.insert(grant(1));
    leases_.end(1);
  }
  EXPECT_EQ(ids.size(), 100U);
  for (const auto& id : ids) {
    EXPECT_FALSE(leases_.find(id));
  }
}

TEST_F(LeasesTest, KnowsWhichDeadlineIsOver) {
  grant(1, 10s);
  grant(2, 5s);
  EXPECT_EQ(leases_.next_deadline(), kNow + 5s);
  EXPECT_FALSE(leases_.overdue(kNow + 4s));
  EXPECT_EQ(leases_.overdue(kNow + 5s), 2);
  leases_.extend(2, kNow + 60s);
  EXPECT_EQ(leases_.overdue(kNow + 10s), 1);
  leases_.end(1);
  EXPECT_FALSE(leases_.overdue(kNow + 10s));
  leases_.clear();
  EXPECT_FALSE(leases_.next_deadline());
}

TEST_F(LeasesTest, NeverEndsWhatIsAcknowledgedEarly) {
  const auto id = grant(2);
  leases_.acknowledge_early(2);
  EXPECT_TRUE(leases_.is_acknowledged_early(2));
  EXPECT_FALSE(leases_.overdue(kNow + 1h));
  leases_.extend(2, kNow + 1s);
  EXPECT_FALSE(leases_.overdue(kNow + 1h));
  EXPECT_EQ(leases_.find(id), 2);
  leases_.end(2);
  EXPECT_FALSE(leases_.is_acknowledged_early(2));
}

}  // namespace
}  // namespace orderly::broker
