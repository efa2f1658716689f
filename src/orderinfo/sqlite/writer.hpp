#pragma once

#include "orderinfo/read_model.hpp"
#include "runtime/event_loop.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/metadata.hpp"

namespace orderly::orderinfo {

/// The read model's writing connection. One thread at a time.
class Writer {
 public:
  /// Makes or migrates the database. `random` is for ids only.
  Writer(const sqlite::OpenOptions& options, const Clock& clock, Random& random);

  /// ReadModel::apply().
  Result<Applied> apply(const ProjectionBatch& batch);

  /// What is committed. After an exception of apply() it may be outdated until the next apply().
  [[nodiscard]] const Progress& progress() const { return progress_; }
  [[nodiscard]] const Uuid& epoch() const { return epoch_; }

 private:
  struct Known {
    Position position = 0;  ///< of the row; 0: parked
    events::Recorded<events::OrderPlaced> event;
  };

  void load();
  [[nodiscard]] Cursor load_cursor(std::string_view feed);
  [[nodiscard]] bool stands_at_from(const ProjectionBatch& batch) const;

  void copy_product(const events::Recorded<events::ProductPut>& version);
  void put_row(const PricedOrder& priced, Applied& applied);
  void correct(const PricedOrder& order, Applied& applied);
  void park(const IncomingOrder& order, Applied& applied);
  void keep(const DeadLetter& letter, Applied& applied);
  void move(std::string_view feed, Cursor& cursor, const Cursor& to);

  [[nodiscard]] std::optional<Known> find(sqlite::Statement& statement, const OrderId& order);
  [[nodiscard]] bool insert_row(const PricedOrder& priced, bool replaces);
  void insert_parked(const IncomingOrder& order);
  void unpark(const OrderId& order);
  void supersede(const Known& row);
  void archive_if_foreign(const IncomingOrder& order);
  /// Of an order whose id is known; true where `known` is to be replaced.
  [[nodiscard]] bool must_replace(const Known& known, const IncomingOrder& order, Applied& applied);

  const Clock& clock_;
  UuidSource ids_;
  sqlite::Connection connection_;
  Uuid epoch_;
  Progress progress_;
  UtcTime last_projected_at_{};
  bool outdated_ = true;  ///< what is above may differ from what is committed

  sqlite::Statement insert_row_, find_row_, delete_row_, insert_superseded_;
  sqlite::Statement insert_parked_, find_parked_, delete_parked_;
  sqlite::Statement insert_letter_, insert_foreign_, insert_product_;
  sqlite::Statement get_cursor_, set_cursor_, count_;
};

}  // namespace orderly::orderinfo
