#pragma once

#include "orderinfo/read_model.hpp"
#include "orderinfo/sqlite/newest_rows.hpp"
#include "orderinfo/sqlite/tables.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/feed_marks.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/stored_id.hpp"

namespace orderly::orderinfo {

/// The read model's queries on one read connection (a session of sqlite::ReaderPool). What each
/// answers is said at ReadModel.
class Reader {
 public:
  explicit Reader(sqlite::Connection connection);

  std::optional<events::OrderInfo> find(const CustomerId& customer, const OrderId& order);
  OrderPage list(const NewestRows& newest, const CustomerId& customer, DateRange dates,
                 const std::optional<ListKey>& after, std::size_t limit);
  std::vector<events::Recorded<events::OrderInfoPut>> changes_of(const NewestRows& newest,
                                                                 const CustomerId& customer,
                                                                 Position after, Position upto,
                                                                 std::size_t limit);
  std::optional<events::OrderInfo> row(const OrderId& order);
  Standing standing(const OrderId& order);
  bool is_foreign(const OrderId& order);
  /// These three show changes up to the position `upto`.
  Result<events::FeedPage<events::OrderInfoPut>> read_events(const Cursor& after, Position upto,
                                                             std::size_t limit);
  Result<events::FeedSpan> visit_changes(const Cursor& after, Position upto, std::size_t limit,
                                         const ChangeVisitor& visit);
  Result<events::FeedPage<events::DeadLetterPut>> letter_changes(const Cursor& after, Position upto,
                                                                 std::size_t limit);
  std::vector<events::Recorded<events::ProductPut>> product_versions(Position after,
                                                                     std::size_t limit) {
    return products_.read(after, limit);
  }
  std::vector<IncomingOrder> parked_for(const ProductId& product, std::size_t limit) {
    return parked_for_.read(product, limit);
  }
  std::vector<ParkedOrder> parked_orders(const OrderId& after, std::size_t limit);
  std::vector<ProductId> releasable_products(std::size_t limit);
  std::vector<KeptDeadLetter> dead_letters(const LetterQuery& query);
  std::optional<DeadLetterDetail> dead_letter(std::int64_t number);
  OrderStations stations(const OrderId& order);
  std::vector<events::Recorded<events::OrderPlaced>> foreign_events(Position after,
                                                                    std::size_t limit);
  std::vector<Cursor> places(SourceFeed feed);
  std::vector<Cursor> ahead(Position upto);
  std::vector<TakenOutOrder> taken_out_orders(std::int64_t after, std::size_t limit);
  std::vector<TakenOutVersion> taken_out_versions(std::int64_t after, std::size_t limit);
  std::optional<Position> fork_of(const Uuid& epoch) {
    return sqlite::EpochHistory(connection_).fork_of(epoch);
  }

 private:
  using Change = events::Recorded<events::OrderInfoPut>;
  std::vector<events::Recorded<events::OrderInfoPut>> near_changes_of(const CustomerId& customer,
                                                                      Position after, Position upto,
                                                                      std::size_t limit);
  /// The changes after `after`, removals among them, within the snapshot that is open.
  std::vector<Change> changes_after(Position after, Position upto, std::size_t limit);
  bool has_removals(Position after);
  /// The log's epoch and head, where a reader at `after` may go on.
  Result<events::FeedSpan> begin_reading(const Cursor& after);
  /// Whether the log has, or had, the event that the reader stands at.
  bool stood_there(const Cursor& after, Position head);
  void merge_removals(Position after, Position upto, std::size_t limit,
                      std::vector<Change>& changes);

  sqlite::Connection connection_;
  sqlite::Metadata metadata_;
  sqlite::Statement find_, row_, list_, listed_, in_rows_, in_parked_, in_dead_, in_foreign_;
  sqlite::Statement changes_, near_changes_of_, indexed_of_, change_at_, head_, event_at_;
  sqlite::Statement removals_;
  ProductVersions products_;
  ParkedOfProduct parked_for_;
  sqlite::Statement parked_, releasable_, foreign_;
  sqlite::Statement dead_letters_, dead_letter_, letter_errors_, letters_of_;
  sqlite::Statement letter_changes_, last_letter_change_, letter_change_at_;
  sqlite::Statement row_stations_, parked_stations_;
  sqlite::Statement taken_out_orders_, taken_out_versions_, ahead_;
  sqlite::FeedMarks marks_;
};

}  // namespace orderly::orderinfo
