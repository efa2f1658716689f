#include "sqlite/epoch_history.hpp"

#include "sqlite/metadata.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::sqlite {

void EpochHistory::begin(const Uuid& fresh, Position head, UtcTime now) {
  Metadata metadata(connection_);
  const Uuid ended = metadata.epoch();
  WriteTransaction transaction(connection_);
  connection_.prepare("INSERT INTO past_epoch(epoch, fork, ended_at) VALUES(?1, ?2, ?3)")
      .run(ended, head, to_micros(now));
  metadata.set_epoch(fresh);
  transaction.commit();
}

std::optional<Position> EpochHistory::fork_of(const Uuid& epoch) {
  // A later fork may lie before an earlier one.
  auto forks = connection_.prepare(
      "SELECT min(fork) FROM past_epoch WHERE number >= "
      "(SELECT number FROM past_epoch WHERE epoch = ?1)");
  auto row = forks.use(epoch);
  return row.step() && !row.is_null(0) ? std::optional(row.int64(0)) : std::nullopt;
}

}  // namespace orderly::sqlite
