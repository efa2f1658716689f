#include <limits>
#include <utility>

#include "broker/embedded/attributes_codec.hpp"
#include "broker/embedded/columns.hpp"
#include "broker/embedded/store.hpp"
#include "broker/embedded/synced_commits.hpp"
#include "sqlite/transaction.hpp"

/// How dead letters are kept.
namespace orderly::broker {
namespace {

KeptLetter read_kept(const sqlite::Statement::Use& row) {
  return {.number = row.int64(0),
          .kept_at = time_of(row.int64(1)),
          .attempts = row.int64(2),
          .attempted_at = time_of(row.int64(3)),
          .error = std::string(row.text(4)),
          .ordering_key = std::string(row.text(5))};
}

}  // namespace

void Store::bury(const Forwarded& forwarded, const SavedProgress& source,
                 const TopicState& source_topic, std::span<const Buried> letters) {
  const SyncedCommits synced(connection_);
  const std::int64_t id = source.subscription_id;
  StoredHeld stored = held_[id];
  sqlite::WriteTransaction transaction(connection_);
  if (forwarded.topic != nullptr) insert(*forwarded.topic, forwarded.messages);
  save_topic(source_topic);
  save_progress(source, stored, letters);
  for (const Buried& letter : letters)
    keep_letter(id, letter);
  transaction.commit();
  held_[id] = std::move(stored);
  count_letters(id);
}

void Store::keep_letter(std::int64_t subscription_id, const Buried& letter) {
  const std::int64_t now = micros(clock_.utc_now());
  if (letter.message) {
    const events::Message& message = *letter.message;
    const std::string attributes = encode_attributes(message.attributes);
    insert_letter_.run(subscription_id, letter.position, now, letter.attempts, letter.error,
                       micros(message.publish_time), message.ordering_key, attributes,
                       as_blob(message.data));
  } else {
    update_letter_.run(subscription_id, letter.position, letter.attempts, now, letter.error);
  }
  insert_error_.run(subscription_id, letter.position, letter.attempts, now, letter.error);
  prune_errors_.run(subscription_id, letter.position,
                    static_cast<std::int64_t>(kMaxLetterErrors) - 1);
}

void Store::remove_letter(std::int64_t subscription_id, Position position) {
  delete_letter_.run(subscription_id, position);
  delete_errors_.run(subscription_id, position);
}

void Store::count_letters(std::int64_t subscription_id) {
  auto row = count_letters_.use(subscription_id);
  letter_counts_[subscription_id] = row.step() ? static_cast<std::size_t>(row.int64(0)) : 0;
}

std::size_t Store::letter_count(std::int64_t subscription_id) const {
  const auto found = letter_counts_.find(subscription_id);
  return found == letter_counts_.end() ? 0 : found->second;
}

std::vector<KeptLetter> Store::letters(std::int64_t subscription_id, const KeptLetterQuery& query) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t since = query.since ? micros(*query.since) : 0;
  const std::int64_t until = query.until ? micros(*query.until) : kMax;
  auto row =
      select_letters_.use(subscription_id, query.after, query.upto.value_or(kMax),
                          query.ordering_key, since, until, static_cast<std::int64_t>(query.limit));
  std::vector<KeptLetter> letters;
  while (row.step())
    letters.push_back(read_kept(row));
  return letters;
}

std::optional<KeptLetterDetail> Store::letter(std::int64_t subscription_id, Position position) {
  KeptLetterDetail detail;
  {
    auto row = select_letter_.use(subscription_id, position);
    if (!row.step()) return std::nullopt;
    auto attributes = decode_attributes(row.text(7));
    if (!attributes) throw Unavailable("a stored dead letter is damaged");
    detail.kept = read_kept(row);
    detail.message = {.message_id = std::to_string(position),
                      .data = std::string(as_text(row.blob(8))),
                      .attributes = std::move(*attributes),
                      .ordering_key = detail.kept.ordering_key,
                      .publish_time = time_of(row.int64(6))};
  }
  auto row = select_errors_.use(subscription_id, position);
  while (row.step()) {
    detail.attempts.push_back(
        {.attempt = row.int64(0), .at = time_of(row.int64(1)), .error = std::string(row.text(2))});
  }
  return detail;
}

void Store::drop_letters(std::int64_t subscription_id, std::span<const Position> positions) {
  const SyncedCommits synced(connection_);
  sqlite::WriteTransaction transaction(connection_);
  for (const Position position : positions) {
    remove_letter(subscription_id, position);
    delete_held_.run(subscription_id, position);
  }
  transaction.commit();
  auto& stored = held_[subscription_id];
  for (const Position position : positions)
    stored.erase(position);
  count_letters(subscription_id);
}

}  // namespace orderly::broker
