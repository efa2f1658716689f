#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.hpp"
#include "broker/dead_letters.hpp"
#include "broker/puller.hpp"
#include "broker/topology.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::testing {

/// Where a broker under test lives: what the suite asks of an adapter's tests.
///
/// Topics are those of feeds: event(n) is published as the feed's n-th event. A world makes sure
/// that the broker can read published events again, if that is how it works.
class BrokerWorld {
 public:
  virtual ~BrokerWorld() = default;

  virtual broker::Broker& broker() = 0;
  virtual broker::Topology& topology() = 0;
  virtual broker::Puller& puller() = 0;
  virtual broker::DeadLetters& dead_letters() = 0;
  virtual runtime::EventLoop& loop() = 0;
  /// Lets the loop run until `done`; false where that is not so after `patience`.
  virtual bool run_until(const std::function<bool()>& done, std::chrono::milliseconds patience) = 0;

  /// Makes the topic, in each life of the broker.
  virtual void make_topic(const std::string& name) = 0;
  /// Makes one that stores its messages, whatever make_topic() makes; in its first life only.
  virtual void make_stored_topic(const std::string& name) = 0;
  /// The values of metrics that have a label subscription=`name`.
  virtual std::map<std::string, double> metrics_of(const std::string& subscription) = 0;
  /// The next event of the feed behind a topic, to be published.
  virtual events::Message next_event(const std::string& topic, const std::string& key) = 0;
  /// The endpoint that push subscriptions to `url` get.
  virtual void serve(const std::string& url, std::shared_ptr<broker::Endpoint> endpoint) = 0;

  /// Stops the broker and opens it again, as a deployment does. Topics, attachments and start() are
  /// the caller's to repeat.
  virtual void restart() = 0;
  /// The same after the process died where it stood.
  virtual void crash() = 0;
};

struct BrokerAdapter {
  std::string name;
  std::function<std::unique_ptr<BrokerWorld>()> make_world;
};
inline std::ostream& operator<<(std::ostream& out, const BrokerAdapter& adapter) {
  return out << adapter.name;
}

/// Every adapter of broker::Broker registers itself:
///
///     INSTANTIATE_TEST_SUITE_P(Nats, BrokerConformance, testing::Values(BrokerAdapter{…}),
///                              BrokerConformance::name);
class BrokerConformance : public ::testing::TestWithParam<BrokerAdapter> {
 public:
  static std::string name(const ::testing::TestParamInfo<BrokerAdapter>& info) {
    return info.param.name;
  }

 protected:
  static constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(5);

  BrokerConformance() : world_(GetParam().make_world()) {}

  std::unique_ptr<BrokerWorld> world_;
};

}  // namespace orderly::testing
