#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace orderly {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class LogTest : public ::testing::Test {
 protected:
  void capture(log::Options options) {
    options.sink = [this](std::string_view line) { lines_.emplace_back(line); };
    log::configure(std::move(options));
  }
  ~LogTest() override { log::configure({}); }

  std::vector<std::string> lines_;
};

TEST_F(LogTest, IsOneJsonObjectALine) {
  capture({.format = log::Format::kJson});
  log::warning("order \"refused\"", {{"code", "out_of_range"},
                                     {"number", 5},
                                     {"ratio", 0.5},
                                     {"lag", std::numeric_limits<double>::quiet_NaN()},
                                     {"retry", true},
                                     {"bytes", "\xff"}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], MatchesRegex(R"(\{"time":"[0-9T:.-]+Z","severity":"WARNING",.*)"));
  EXPECT_THAT(lines_[0], HasSubstr(R"("message":"order \"refused\"","code":"out_of_range",)"
                                   R"("number":5,"ratio":0.5,"lag":null,"retry":true,)"
                                   R"x("bytes":"(not UTF-8)"})x"));
}

TEST_F(LogTest, LinksTracesWhereTheProjectIsKnown) {
  const auto trace = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  capture({.format = log::Format::kJson, .google_project = "shop"});
  log::info("m", {{"trace", *trace}});
  capture({.format = log::Format::kJson});
  log::info("m", {{"trace", *trace}});
  EXPECT_THAT(lines_.at(0), HasSubstr(R"("logging.googleapis.com/trace":"projects/shop/traces/)"
                                      R"(0af7651916cd43dd8448eb211c80319c")"));
  EXPECT_THAT(lines_.at(1), HasSubstr(R"("trace":"0af7651916cd43dd8448eb211c80319c")"));
}

TEST_F(LogTest, LinesForPeopleStayOneLine) {
  capture({.format = log::Format::kHuman});
  log::info("started", {{"path", "a\nb"}, {"port", 8080}});
  EXPECT_THAT(lines_.at(0), MatchesRegex(R"([0-9:.]+ INFO    started  path=a\\nb  port=8080)"));
}

TEST_F(LogTest, KeepsToItsLevel) {
  capture({.level = log::Level::kWarning});
  log::info("quiet");
  log::error("loud");
  EXPECT_EQ(lines_.size(), 1U);
}

TEST(ThrottleTest, LetsOneThroughAnInterval) {
  log::Throttle throttle(10s);
  const SteadyTime start{};
  EXPECT_EQ(throttle.pass(start), 0U);
  EXPECT_FALSE(throttle.pass(start + 1s));
  EXPECT_FALSE(throttle.pass(start + 9s));
  EXPECT_EQ(throttle.pass(start + 10s), 2U);
  EXPECT_EQ(throttle.pass(start + 20s), 0U);
}

using telemetry::Metrics;

TEST(MetricsTest, ExposesEveryKind) {
  Metrics metrics;
  metrics.counter("orderly_things_total", "Things", {{"kind", "a"}}).add(3);
  metrics.gauge("orderly_level", "Level").set(2.5);
  auto& histogram = metrics.histogram("orderly_wait_seconds", "Wait", {0.1, 1});
  histogram.observe(50ms);
  histogram.observe(1.0);
  histogram.observe(7.0);
  const auto registration =
      metrics.gauge_callback("orderly_backlog", "Backlog", {}, [] { return 9.0; });
  const std::string text = metrics.expose();
  for (const char* line :
       {"# TYPE orderly_things_total counter", "orderly_things_total{kind=\"a\"} 3",
        "orderly_level 2.5", "orderly_wait_seconds_bucket{le=\"0.1\"} 1",
        "orderly_wait_seconds_bucket{le=\"1\"} 2", "orderly_wait_seconds_bucket{le=\"+Inf\"} 3",
        "orderly_wait_seconds_count 3", "orderly_backlog 9"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, SameNameAndLabelsAreOneHandle) {
  Metrics metrics;
  auto& first = metrics.counter("orderly_x_total", "X", {{"a", "1"}});
  EXPECT_EQ(&first, &metrics.counter("orderly_x_total", "X", {{"a", "1"}}));
  EXPECT_NE(&first, &metrics.counter("orderly_x_total", "X", {{"a", "2"}}));
}

TEST(MetricsTest, ACallbackGoesWithItsRegistration) {
  Metrics metrics;
  auto registration = metrics.gauge_callback("orderly_y", "Y", {}, [] { return 1.0; });
  EXPECT_THAT(metrics.expose(), HasSubstr("orderly_y 1"));
  registration = {};
  EXPECT_THAT(metrics.expose(), Not(HasSubstr("orderly_y")));
}

TEST(MetricsTest, AnUnknownValueIsLeftOut) {
  Metrics metrics;
  const auto registration =
      metrics.gauge_callback("orderly_lag_seconds", "Lag", {}, [] { return std::nan(""); });
  EXPECT_THAT(metrics.expose(), Not(HasSubstr("orderly_lag_seconds")));
}

TEST(MetricsTest, HandlesCountFromManyThreads) {
  Metrics metrics;
  auto& counter = metrics.counter("orderly_z_total", "Z");
  auto& histogram = metrics.histogram("orderly_z_seconds", "Z");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        counter.add();
        histogram.observe(0.25);
      }
    });
  }
  for (int i = 0; i < 10; ++i)
    (void)metrics.expose();
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(counter.value(), 40'000U);
  EXPECT_EQ(histogram.count(), 40'000U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 10'000.0);
}

}  // namespace
}  // namespace orderly
