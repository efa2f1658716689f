#pragma once

#include "orderinfo/projector.hpp"
#include "runtime/pump.hpp"

/// The hops that keep the read model going, each to be run by runtime::pump() on the projector's
/// loop. A feed conflict stops a hop: it throws Unavailable at every pass, its alarm stands, and it
/// goes on by itself once the feed is put right.
namespace orderly::orderinfo {

/// How often the feed is read behind pushes, so that the settled position advances and what a push
/// lost is made up for.
inline constexpr std::chrono::milliseconds kSettleInterval{1'000};
/// A waiting read of a feed; with a peer's HTTP timeouts well above it.
inline constexpr std::chrono::milliseconds kFeedWait{20'000};

/// Settles the order feed. `kFollow` waits at the feed, for when it is the way in which orders
/// come; `kBehindPushes` looks every kSettleInterval. Both catch up first, as fast as it goes.
class SettleHop final : public runtime::Hop {
 public:
  enum class Mode : std::uint8_t { kFollow, kBehindPushes };

  SettleHop(runtime::EventLoop& loop, Projector& projector, Mode mode)
      : loop_(loop), projector_(projector), mode_(mode) {}

  runtime::Task<std::size_t> move_batch() override;

 private:
  runtime::EventLoop& loop_;
  Projector& projector_;
  Mode mode_;
};

/// Keeps the copy of the products fresh, also without orders, so that parked ones are released as
/// soon as their product is there.
class ProductHop final : public runtime::Hop {
 public:
  explicit ProductHop(Projector& projector) : projector_(projector) {}

  runtime::Task<std::size_t> move_batch() override { return projector_.follow_products(kFeedWait); }

 private:
  Projector& projector_;
};

}  // namespace orderly::orderinfo
