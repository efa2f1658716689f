#pragma once

#include <optional>

#include "cancellation_store.hpp"
#include "events/feed.hpp"
#include "runtime/pump.hpp"
#include "sqlite/connection.hpp"

namespace cancellation {

/// The projection: which orders are cancelled, to be asked by order_id. A hop like all others: it
/// reads a batch after its position and writes the rows and the new position in one transaction,
/// so whatever happens in between, each event has exactly one effect.
class OrderStatus final : public orderly::runtime::Hop {
 public:
  struct Status {
    orderly::UtcTime cancelled_at{};
    std::string reason;
  };

  /// Opens or makes the database. `feed` outlives it. Used on the loop that runs the hop.
  OrderStatus(orderly::runtime::EventLoop& loop, const orderly::sqlite::OpenOptions& options,
              orderly::Random& random, orderly::events::Feed<OrderCancelled>& feed);

  orderly::runtime::Task<std::size_t> move_batch() override;

  /// Nothing where the order is not known to be cancelled. On the same loop.
  std::optional<Status> find(const orderly::OrderId& order);

 private:
  void apply(const orderly::events::FeedPage<OrderCancelled>& page);

  orderly::events::Feed<OrderCancelled>& feed_;
  orderly::sqlite::Connection connection_;
  orderly::sqlite::Statement put_, find_, get_cursor_, set_cursor_;
  orderly::Cursor settled_;
};

}  // namespace cancellation
