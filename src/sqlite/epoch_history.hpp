#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "sqlite/connection.hpp"

namespace orderly::sqlite {

/// The histories that a store's log went through (P3). A new one is begun whenever the store may
/// have been put back to an older state: by a restore, or where a neighbour remembers more than is
/// there. It forks at the head of that moment: what stands up to there is in both.
class EpochHistory {
 public:
  /// The table, for the migrations of a store that is somebody's source.
  static constexpr std::string_view kSchema =
      "CREATE TABLE past_epoch("
      " number INTEGER PRIMARY KEY,"
      " epoch BLOB NOT NULL UNIQUE,"
      " fork INTEGER NOT NULL,"     // the last position of it that the next epoch has, too
      " ended_at INTEGER NOT NULL"  // microseconds since 1970
      ") STRICT;";

  explicit EpochHistory(Connection& connection) : connection_(connection) {}

  /// Ends the present epoch at `head` and begins `fresh`, in one transaction. The writing
  /// connection, with no transaction open; before anybody reads the log.
  void begin(const Uuid& fresh, Position head, UtcTime now);

  /// Up to where the log still has what a reader of `epoch` has read. Nothing where `epoch` is the
  /// present one or was never one of this log, as far as it knows.
  [[nodiscard]] std::optional<Position> fork_of(const Uuid& epoch);
  [[nodiscard]] bool knows(const Uuid& epoch) { return fork_of(epoch).has_value(); }

 private:
  Connection& connection_;
};

}  // namespace orderly::sqlite
