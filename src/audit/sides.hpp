#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/digest.hpp"
#include "base/position.hpp"
#include "base/result.hpp"
#include "events/feed.hpp"
#include "events/orders.hpp"
#include "runtime/task.hpp"

/// The ports through which the stores are compared, besides their feeds. All throw Unavailable.
namespace orderly::audit {

/// What the read model knows of an order.
enum class Standing : std::uint8_t { kUnknown, kVisible, kParked, kDead };

/// The read model beside its change log. Called on the audit's loop.
class ReadModelSide {
 public:
  virtual ~ReadModelSide() = default;

  /// Up to where the order feed is settled, and the change log's head.
  virtual Cursor settled() = 0;
  virtual Position head() = 0;
  virtual Standing standing(const OrderId& order) = 0;
  /// The row, whoever's it is.
  virtual std::optional<events::OrderInfo> row(const OrderId& order) = 0;
  /// Orders that came by push and are in no feed, after `after`, at most `limit`.
  virtual std::vector<events::Recorded<events::OrderPlaced>> foreign(Position after,
                                                                     std::size_t limit) = 0;
  /// Whether the order came by push and is in no feed.
  virtual bool is_foreign(const OrderId& order) = 0;

  /// Joins the events again and puts the rows in the place of what stands there, so that they reach
  /// the warehouse again too. An event whose product is not known is parked, as ever. Answers how
  /// many rows were written.
  virtual runtime::Task<std::size_t> project_again(
      std::vector<events::Recorded<events::OrderPlaced>> events, Uuid epoch) = 0;
};

/// A row as the warehouse has it; an order that stands there twice comes twice.
struct WarehouseRow {
  std::string order_id;
  std::uint64_t hash = 0;  ///< of text_of(row)
};

/// The table cqrs_example.order_information. Called on the audit's loop.
class WarehouseSide {
 public:
  virtual ~WarehouseSide() = default;

  /// The position of the change log up to which it is loaded; 0 where that was another history.
  virtual runtime::Task<Position> loaded() = 0;
  struct Summed {
    Digest digest;
    Position position = 0;  ///< the state that was summed up is of this position
  };
  virtual runtime::Task<Summed> digest() = 0;
  /// The rows of these buckets; nothing where there are more than `limit` (≤ kMaxSuspects).
  virtual runtime::Task<std::optional<std::vector<WarehouseRow>>> rows_of(
      std::vector<std::size_t> buckets, std::size_t limit) = 0;
  /// The rows of these orders.
  virtual runtime::Task<std::vector<WarehouseRow>> rows_of_orders(
      std::vector<std::string> orders) = 0;
};

}  // namespace orderly::audit
