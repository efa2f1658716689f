#include "order/sqlite/schema.hpp"

#include <array>
#include <string>

#include "base/ids.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/idempotency.hpp"
#include "sqlite/migrations.hpp"

namespace orderly::order {
namespace {

/// Ids are blobs of 16 bytes where they are UUIDs, else text (sqlite/stored_id.hpp); order_date is
/// in days, accepted_at in microseconds since 1970. Everything ascends, so rows are appended.
constexpr std::string_view kPlacedOrder =
    "CREATE TABLE placed_order("
    " position INTEGER PRIMARY KEY,"
    " order_id BLOB NOT NULL,"
    " event_id BLOB NOT NULL,"
    " customer_id ANY NOT NULL,"
    " product_id ANY NOT NULL,"
    " number INTEGER NOT NULL,"
    " order_date INTEGER NOT NULL,"
    " accepted_at INTEGER NOT NULL,"
    " trace BLOB) STRICT;";

constexpr std::array kMigrations{
    sqlite::Migration{1, "placed orders", kPlacedOrder},
    sqlite::Migration{2, "idempotency keys", sqlite::IdempotencyKeys::kSchema},
    sqlite::Migration{3, "past epochs", sqlite::EpochHistory::kSchema}};

constexpr sqlite::Schema kSchema{"order", sqlite::application_id("OrdO"), kMigrations};

}  // namespace

sqlite::Connection open_database(const sqlite::OpenOptions& options, Random& random, UtcTime now) {
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, UuidSource(random).next(now));
  return connection;
}

}  // namespace orderly::order
