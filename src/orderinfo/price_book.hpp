#pragma once

#include <span>

#include "events/feed.hpp"
#include "events/products.hpp"
#include "orderinfo/alarms.hpp"
#include "orderinfo/price_barrier.hpp"
#include "orderinfo/product_catalog.hpp"
#include "orderinfo/projection_writer.hpp"

namespace orderly::orderinfo {

/// Parked orders that one transaction releases at most.
inline constexpr std::size_t kMaxReleasedPerStep = 1000;

/// The copy of all product versions, and what makes a price final.
///
/// Two invariants hold here. An order is parked only after its time was closed and the copy had all
/// versions up to then; so the first version that a product gets afterwards is the one that prices
/// its parked orders. And the orders left to release are those that are parked while the copy has
/// their product: a question to the store, so that a crash between two releases forgets nothing.
///
/// Part of the projector: its loop, and all but next_page() inside its serial path.
class PriceBook {
 public:
  PriceBook(ProjectionWriter& writer, events::Feed<events::ProductPut>& feed, PriceBarrier& barrier,
            Alarms& alarms)
      : writer_(writer), feed_(feed), barrier_(barrier), alarms_(alarms) {}

  /// Makes the price of every order accepted up to `time` final: closes the time at the product
  /// service and copies what the copy lacks. Throws Unavailable while that is not possible.
  runtime::Task<void> close(UtcTime time);

  using Page = events::FeedPage<events::ProductPut>;
  /// The next versions that the copy lacks; may come from outside the serial path. kConflict where
  /// the feed has another history than the copy: follow_fork() puts that right.
  runtime::Task<Result<Page>> next_page(std::chrono::milliseconds wait);
  /// Takes the versions out that the feed has no longer, back to the last one that both have, and
  /// parks the orders that they priced. Answers 1: there is more to do.
  runtime::Task<std::size_t> follow_fork();
  /// Copies what is new in `page` and releases orders that waited for it. Answers how many versions
  /// were new.
  runtime::Task<std::size_t> copy(const Page& page);
  /// Releases orders that were left over; 0 when there are none.
  runtime::Task<std::size_t> release_some();

  /// The store may hold another copy from now on: it is read again when it is needed.
  void forget() { loaded_ = false; }

  /// All versions of a product in the copy. Valid until the next co_await.
  std::span<const ProductVersion> versions_of(const ProductId& product);

 private:
  /// Reads the copy, unless it is in memory and right. Throws Unavailable.
  void load();
  runtime::Task<void> apply(const ProjectionBatch& batch);
  void add_parked(const ProductId& product, ProjectionBatch& batch);
  /// Throws Unavailable in any case.
  runtime::Task<void> go_back_and_try_again();
  [[noreturn]] void conflict(const std::string& reason);

  ProjectionWriter& writer_;
  events::Feed<events::ProductPut>& feed_;
  PriceBarrier& barrier_;
  Alarms& alarms_;
  ProductCatalog catalog_;
  bool loaded_ = false;
  bool leftovers_ = true;            ///< there may be orders to release; asked after a start
  UtcTime closed_ = UtcTime::min();  ///< up to here the copy is final
};

}  // namespace orderly::orderinfo
