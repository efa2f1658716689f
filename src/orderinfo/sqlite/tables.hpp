#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"
#include "orderinfo/read_model.hpp"
#include "sqlite/connection.hpp"

/// The tables that the writer of the live read model and the twin both write, or that the reader
/// and the twin both read: each with its statements, prepared once. Thread rules and exceptions are
/// those of the connection (DatabaseError, StorageFull); what is written belongs to the open
/// transaction.
namespace orderly::orderinfo {

/// Where the change log has an order, and what it says there that no event does. Times are in
/// microseconds since 1970.
struct LogPlace {
  Position position = 0;
  Uuid event_id;  ///< the log's name of it, where the message that brought the order had none
  std::int64_t projected_at = 0;
  bool replaces = false;
  std::optional<std::int64_t> parked_at{};  ///< where the order waited, or had a row, before
  std::optional<std::int64_t> first_projected_at{};
};

/// order_info: the rows, which are the change log.
class OrderRows {
 public:
  explicit OrderRows(sqlite::Connection& connection);
  /// False, with nothing done: the order has a row, or another one stands at the place.
  [[nodiscard]] bool insert(const PricedOrder& priced, const LogPlace& place);
  void remove(Position position);

 private:
  sqlite::Statement insert_, remove_;
};

/// parked_order: orders that wait for their product.
class ParkedRows {
 public:
  explicit ParkedRows(sqlite::Connection& connection);
  /// One that is not parked.
  void insert(const IncomingOrder& order, UtcTime parked_at);
  /// One that is.
  void remove(const OrderId& order);

 private:
  sqlite::Statement insert_, remove_;
};
class ParkedOfProduct {
 public:
  explicit ParkedOfProduct(sqlite::Connection& connection);
  /// At most `limit`, in no order.
  std::vector<IncomingOrder> read(const ProductId& product, std::size_t limit);

 private:
  sqlite::Statement select_;
};

/// product_version: the copy of the product feed.
class ProductCopy {
 public:
  explicit ProductCopy(sqlite::Connection& connection);
  /// One whose position is new.
  void insert(const events::Recorded<events::ProductPut>& version);

 private:
  sqlite::Statement insert_;
};
class ProductVersions {
 public:
  explicit ProductVersions(sqlite::Connection& connection);
  /// Those after a position, ascending, at most `limit`.
  std::vector<events::Recorded<events::ProductPut>> read(Position after, std::size_t limit);

 private:
  sqlite::Statement select_;
};

/// order_by_customer: where rows stand in their customers' lists.
class ListIndex {
 public:
  explicit ListIndex(sqlite::Connection& connection);
  /// Also one that is there: what a crash has left half merged is merged again.
  void insert(const CustomerId& customer, const ListKey& key);
  /// Also one that is not.
  void remove(const CustomerId& customer, const ListKey& key);

 private:
  static void run(sqlite::Statement& statement, const CustomerId& customer, const ListKey& key);
  sqlite::Statement insert_, remove_;
};
/// Of the row at `position`.
ListKey list_key(const events::Recorded<events::OrderPlaced>& event, Position position);

}  // namespace orderly::orderinfo
