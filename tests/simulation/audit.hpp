#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/position.hpp"
#include "base/random.hpp"
#include "broker/broker.hpp"
#include "http/router.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::simulation {

/// What subscribers of the broker acknowledged over all lives, and in which order (P4).
class Audit {
 public:
  /// An acknowledgement that counts. `key`: the ordering key.
  void acknowledged(const std::string& topic, const std::string& key, Position position);

  /// The topic's feed was put back: what was acknowledged beyond `fork` was of another history.
  void put_back(const std::string& topic, Position fork);

  /// Positions 1…head of the topic that nobody has acknowledged.
  [[nodiscard]] std::size_t missing(const std::string& topic, Position head) const;
  /// What came before its turn.
  [[nodiscard]] const std::vector<std::string>& disorder() const { return disorder_; }
  [[nodiscard]] std::size_t deliveries() const { return deliveries_; }
  void count_delivery() { ++deliveries_; }

 private:
  struct Topic {
    std::set<Position> acknowledged;
    std::map<std::string, Position> newest_of_key;
  };
  std::map<std::string, Topic> topics_;
  std::vector<std::string> disorder_;
  std::size_t deliveries_ = 0;
};

/// A subscriber with bad days: it is slow, rejects, is not there, and dies with its process.
class Subscriber final : public broker::Endpoint {
 public:
  Subscriber(Audit& audit, std::string topic, runtime::EventLoop& loop, Random& random)
      : audit_(audit), topic_(std::move(topic)), loop_(loop), random_(random) {}

  runtime::Task<std::vector<broker::Outcome>> deliver(
      std::span<const broker::Delivery> batch) override;
  /// From now on it takes everything.
  void calm_down() { calm_ = true; }

 private:
  Audit& audit_;
  std::string topic_;
  runtime::EventLoop& loop_;
  Random& random_;
  bool calm_ = false;
};

/// A network between the broker and the push endpoint of orderinfo, as Pub/Sub's: requests are
/// lost, late, doubled and overtake each other, and answers get lost after the effect.
class Courier final : public broker::Endpoint {
 public:
  Courier(http::Router& router, runtime::EventLoop& loop, Random& random)
      : router_(router), loop_(loop), random_(random) {}

  runtime::Task<std::vector<broker::Outcome>> deliver(
      std::span<const broker::Delivery> batch) override;
  void calm_down() { calm_ = true; }
  [[nodiscard]] std::size_t pushes() const { return pushes_; }

 private:
  runtime::Task<bool> push(const events::Message& message);

  http::Router& router_;
  runtime::EventLoop& loop_;
  Random& random_;
  bool calm_ = false;
  std::size_t pushes_ = 0;
};

}  // namespace orderly::simulation
