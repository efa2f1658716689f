#pragma once

#include <memory>
#include <string>

#include "app/passages.hpp"
#include "base/clock.hpp"
#include "broker/broker.hpp"
#include "broker/view.hpp"

namespace orderly::app {

/// The name under which deliveries of a subscription are recorded.
std::string delivery_hop(std::string_view subscription);

/// Hands deliveries on to another endpoint and records when which events of a feed came through:
/// one record a batch, one for each rejected message.
class RecordingEndpoint final : public broker::Endpoint {
 public:
  /// `clock` and `passages` outlive this.
  RecordingEndpoint(std::string subscription, std::shared_ptr<broker::Endpoint> endpoint,
                    const Clock& clock, Passages& passages);

  runtime::Task<std::vector<broker::Outcome>> deliver(
      std::span<const broker::Delivery> batch) override;

 private:
  void record(std::span<const broker::Delivery> batch, const std::vector<broker::Outcome>& outcomes,
              UtcTime began) const;

  std::string hop_;
  std::shared_ptr<broker::Endpoint> endpoint_;
  const Clock& clock_;
  Passages& passages_;
};

/// The same for a subscriber that reads the feed by itself.
class RecordingFollower final : public broker::Follower {
 public:
  /// `taken`: the last event that the follower has had. All but the name outlive this.
  RecordingFollower(std::string subscription, broker::Follower& follower, Position taken,
                    const Clock& clock, Passages& passages);

  runtime::Task<void> follow(Cursor head) override;

 private:
  std::string hop_;
  broker::Follower& follower_;
  Position taken_;
  const Clock& clock_;
  Passages& passages_;
};

}  // namespace orderly::app
