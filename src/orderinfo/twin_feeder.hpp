#pragma once

#include "events/feed.hpp"
#include "events/products.hpp"
#include "orderinfo/product_catalog.hpp"
#include "orderinfo/twin.hpp"
#include "rebuild/store.hpp"

namespace orderly::orderinfo {

/// Feeds a twin from the events, by the rules by which the projector feeds the live read model, up
/// to where the live one stands. One thread.
class TwinFeeder {
 public:
  /// Events of one step.
  static constexpr std::size_t kStep = 20'000;
  /// A step takes one kind of them: versions, orders, the archive, the log.
  static constexpr int kKinds = 4;

  /// All outlive it; the feeds are of the loop on which it is used.
  TwinFeeder(Twin& twin, events::Feed<events::OrderPlaced>& orders,
             events::Feed<events::ProductPut>& products)
      : twin_(twin), orders_(orders), products_(products) {}

  /// One step; answers how many events or changes it took in. 0: the twin stands where the live one
  /// stood when it was asked. Throws Unavailable (to be called again) and
  /// rebuild::OtherHistory.
  runtime::Task<std::size_t> step();

 private:
  using Order = events::Recorded<events::OrderPlaced>;

  void load_catalog();
  runtime::Task<std::size_t> follow_products(Stand own, Stand live);
  runtime::Task<std::size_t> follow_orders(Stand own, Stand live);
  std::size_t follow_foreign(Stand own, const Stand& live);
  std::size_t follow_log(Stand own);
  /// Decides about `order` and puts it where that belongs.
  void add(IncomingOrder order, TwinBatch& batch) const;
  /// Joins the orders that wait for `product`.
  void release(const ProductId& product, const Stand& own);
  void apply(const TwinBatch& batch);

  Twin& twin_;
  events::Feed<events::OrderPlaced>& orders_;
  events::Feed<events::ProductPut>& products_;
  ProductCatalog catalog_;
  bool loaded_ = false;
};

}  // namespace orderly::orderinfo
