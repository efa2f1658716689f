#pragma once

#include <utility>
#include <vector>

#include "orderinfo/read_model.hpp"
#include "sqlite/connection.hpp"

namespace orderly::orderinfo {

/// What ReadModel::take_back() does to the tables, besides the cursor: set by set, since a fork may
/// lie a million orders back. Part of the writer: its connection, within its transaction.
class TakingBack {
 public:
  /// The head of the change log as it is, and is afterwards.
  struct Log {
    Position head = 0;
    UtcTime now{};
    /// Rows that went and may not be in the index of the lists on disk yet (newest_rows.hpp).
    std::vector<std::pair<CustomerId, ListKey>> unlisted = {};
  };

  explicit TakingBack(sqlite::Connection& connection) : connection_(connection) {}

  TakenBack orders_after(const TakeBack& fork, Log& log);
  /// `orders`: where the order feed is settled, for the rows that are parked.
  TakenBack versions_after(const TakeBack& fork, const Cursor& orders, Log& log);

 private:
  bool has_versions(Position after);
  /// Removes the rows that match `condition`, in which ?1 is `after`, from the change log.
  std::size_t remove_rows(std::string_view condition, Position after, Log& log);
  void unlist(std::string_view condition, Position after, Log& log);

  sqlite::Connection& connection_;
};

}  // namespace orderly::orderinfo
