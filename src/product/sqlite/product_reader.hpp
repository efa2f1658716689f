#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "events/feed.hpp"
#include "events/products.hpp"
#include "product/products_page.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/statement.hpp"

/// Private to this folder: the tables of products, read.
namespace orderly::product {

/// The columns of a row that read_version() takes, in this order.
inline constexpr std::string_view kVersionColumns =
    "position, product_id, product_name, unit_price, valid_from, event_id, trace";

/// The event of the current row of a SELECT of kVersionColumns.
events::Recorded<events::ProductPut> read_version(const sqlite::Statement::Use& row);

/// A reading connection of the pool.
class ProductReader {
 public:
  explicit ProductReader(sqlite::Connection connection);

  /// As EventLog::fork_of.
  std::optional<Position> fork_of(const Uuid& epoch) {
    return sqlite::EpochHistory(connection_).fork_of(epoch);
  }

  /// As EventLog::read_events.
  Result<events::FeedPage<events::ProductPut>> page(const Uuid& epoch, const Cursor& after,
                                                    std::size_t limit);
  std::optional<events::ProductPut> get(const ProductId& id);
  ProductPage list(const ProductQuery& query);

 private:
  Position head();
  std::optional<Uuid> event_at(Position position);

  sqlite::Connection connection_;
  sqlite::Statement head_, event_at_, after_, newest_, list_;
};

}  // namespace orderly::product
