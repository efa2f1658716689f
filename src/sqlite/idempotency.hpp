#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/idempotency.hpp"
#include "base/position.hpp"
#include "base/result.hpp"
#include "sqlite/connection.hpp"

namespace orderly::sqlite {

inline constexpr std::chrono::hours kIdempotencyKeyLife{24};

/// Idempotency keys beside the rows that they led to: the first answer is derived from the row at
/// the key's position. Written in the row's own transaction, so what failed leaves no key.
/// The writing connection's thread; inside its transaction.
class IdempotencyKeys {
 public:
  /// For a store's migration. Keys are appended by position and expire from the oldest on.
  static constexpr std::string_view kSchema =
      "CREATE TABLE idempotency_key(position INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
      " fingerprint BLOB NOT NULL, accepted_at INTEGER NOT NULL) STRICT;";

  explicit IdempotencyKeys(Connection& connection);

  /// The position that the key led to, nothing for a new key; kIdempotencyKeyReused where it stands
  /// for another command.
  Result<std::optional<Position>> find(const IdempotencyKey& key);
  void add(const IdempotencyKey& key, Position position, UtcTime accepted_at);
  /// Forgets up to `limit` of the oldest keys that are older than kIdempotencyKeyLife.
  void purge(UtcTime now, std::size_t limit);
  /// What is remembered between purges may be wrong after a rollback.
  void forget_cache() { oldest_.reset(); }

 private:
  Statement find_, add_, oldest_row_, remove_;
  /// The time of the oldest key; nothing: not known. Saves a look at the table for every commit.
  std::optional<UtcTime> oldest_;
};

}  // namespace orderly::sqlite
