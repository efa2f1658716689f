#pragma once

#include "broker/broker.hpp"
#include "broker/view.hpp"
#include "orderinfo/projector.hpp"

namespace orderly::orderinfo {

/// Takes the deliveries of an in-process subscription. On the broker's loop, which must be the
/// projector's.
class DeliveryEndpoint final : public broker::Endpoint {
 public:
  explicit DeliveryEndpoint(Projector& projector) : projector_(projector) {}

  /// All or nothing of the batch; a dead letter is acknowledged, since it is kept here.
  runtime::Task<std::vector<broker::Outcome>> deliver(
      std::span<const broker::Delivery> batch) override;

 private:
  Projector& projector_;
};

/// Follows a topic that is a view over the order feed of this process: orders are read as they are
/// stored. The same loop.
class FeedFollower final : public broker::Follower {
 public:
  FeedFollower(Projector& projector, const ReadModel& store)
      : projector_(projector), store_(store) {}

  runtime::Task<void> follow(Cursor head) override;

 private:
  Projector& projector_;
  const ReadModel& store_;
};

}  // namespace orderly::orderinfo
