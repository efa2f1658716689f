#include "orderinfo/list_answers.hpp"

#include <gtest/gtest.h>

#include "orderinfo/sqlite/list_versions.hpp"

namespace orderly::orderinfo {
namespace {

std::string question(int number) { return "question " + std::to_string(number); }

TEST(ListAnswers, OneIsGivenAgainInItsVersionOnly) {
  ListAnswers answers;
  EXPECT_EQ(answers.find("q", 2), nullptr);
  answers.keep("q", 2, "two");
  ASSERT_NE(answers.find("q", 2), nullptr);
  EXPECT_EQ(*answers.find("q", 2), "two");
  EXPECT_EQ(answers.find("q", 4), nullptr);
  EXPECT_EQ(answers.find("Q", 2), nullptr);
  answers.keep("q", 4, "four");
  EXPECT_EQ(*answers.find("q", 4), "four");
  EXPECT_EQ(answers.find("q", 2), nullptr);
}

TEST(ListAnswers, MemoryIsBoundedAndWhatIsAskedForStays) {
  constexpr std::size_t kMemory = 100'000;
  ListAnswers answers(kMemory);
  const std::string body(1'000, 'x');
  answers.keep("asked for", 2, body);
  for (int i = 0; i < 1'000; ++i) {
    answers.keep(question(i), 2, body);
    ASSERT_NE(answers.find("asked for", 2), nullptr) << i;
    ASSERT_LE(answers.bytes(), kMemory);
  }
  EXPECT_EQ(answers.find(question(0), 2), nullptr);
  EXPECT_NE(answers.find(question(999), 2), nullptr);
}

TEST(ListAnswers, BytesAreCountedWhereAnAnswerTakesTheOthersPlace) {
  ListAnswers answers;
  answers.keep("q", 2, std::string(1'000, 'x'));
  const std::size_t large = answers.bytes();
  answers.keep("q", 4, "x");
  EXPECT_EQ(answers.bytes(), large - 999);
}

TEST(ListAnswers, LargeOnesAreNotKept) {
  ListAnswers answers;
  answers.keep(std::string(ListAnswers::kMaxQuestion + 1, 'q'), 2, "x");
  answers.keep("q", 2, std::string(ListAnswers::kMaxAnswer + 1, 'x'));
  EXPECT_EQ(answers.bytes(), 0U);
}

TEST(ListVersions, NothingIsSaidWhileAChangeIsUnderWayAndAnotherVersionAfterwards) {
  ListVersions versions;
  const auto before = versions.of({"c1"});
  const auto of_another = versions.of({"c2"});
  ASSERT_TRUE(before);
  EXPECT_EQ(versions.of({"c1"}), before);
  {
    ListVersions::Change change(versions);
    change.concerns({"c1"});
    change.concerns({"c1"});  // two of its orders
    EXPECT_FALSE(versions.of({"c1"}));
    EXPECT_EQ(versions.of({"c2"}), of_another);
  }
  ASSERT_TRUE(versions.of({"c1"}));
  EXPECT_NE(versions.of({"c1"}), before);
}

TEST(ListVersions, AChangeForEveryoneConcernsEachOnce) {
  ListVersions versions;
  const auto before = versions.of({"c1"});
  {
    ListVersions::Change change(versions);
    change.concerns({"c2"});
    change.concerns_everyone();
    EXPECT_FALSE(versions.of({"c1"}));
    EXPECT_FALSE(versions.of({"c2"}));
  }
  EXPECT_NE(versions.of({"c1"}), before);
  EXPECT_TRUE(versions.of({"c2"}));
}

TEST(ListVersions, TwoReadModelsNeverHaveTheSame) {
  const ListVersions one;
  const ListVersions other;
  EXPECT_NE(one.of({"c1"}), other.of({"c1"}));
}

}  // namespace
}  // namespace orderly::orderinfo
