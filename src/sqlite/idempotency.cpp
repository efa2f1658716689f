#include "sqlite/idempotency.hpp"

#include <algorithm>
#include <span>

namespace orderly::sqlite {

IdempotencyKeys::IdempotencyKeys(Connection& connection)
    : find_(connection.prepare("SELECT position, fingerprint FROM idempotency_key WHERE key = ?1")),
      add_(connection.prepare("INSERT INTO idempotency_key VALUES(?1, ?2, ?3, ?4)")),
      oldest_row_(connection.prepare(
          "SELECT position, accepted_at FROM idempotency_key ORDER BY position LIMIT 1")),
      remove_(connection.prepare("DELETE FROM idempotency_key WHERE position = ?1")) {}

Result<std::optional<Position>> IdempotencyKeys::find(const IdempotencyKey& key) {
  auto row = find_.use(key.key);
  if (!row.step()) return std::nullopt;
  if (!std::ranges::equal(row.blob(1), key.fingerprint)) {
    return failure(ErrorKind::kIdempotencyKeyReused, "idempotency_key_reused",
                   "This Idempotency-Key was used for another request.");
  }
  return row.int64(0);
}

void IdempotencyKeys::add(const IdempotencyKey& key, Position position, UtcTime accepted_at) {
  add_.run(position, key.key, std::span(key.fingerprint), accepted_at.time_since_epoch().count());
}

void IdempotencyKeys::purge(UtcTime now, std::size_t limit) {
  const UtcTime expired = now - kIdempotencyKeyLife;
  for (std::size_t i = 0; i < limit; ++i) {
    if (oldest_ && *oldest_ >= expired) return;
    Position position = 0;
    {
      auto row = oldest_row_.use();
      if (!row.step()) {
        // The next key is added after this commit, with a later time than now.
        oldest_ = now;
        return;
      }
      position = row.int64(0);
      oldest_ = UtcTime(std::chrono::microseconds(row.int64(1)));
    }
    if (*oldest_ >= expired) return;
    remove_.run(position);
    oldest_.reset();
  }
}

}  // namespace orderly::sqlite
