#include "sqlite/metadata.hpp"

#include "base/check.hpp"

namespace orderly::sqlite {
namespace {

constexpr std::string_view kEpoch = "epoch";

}  // namespace

void create_metadata(Connection& connection, const Uuid& epoch) {
  ORDERLY_CHECK(!epoch.is_nil(), "nil stands for an epoch that is not known");
  connection.exec(
      "CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID");
  Metadata(connection).set_epoch(epoch);
}

Metadata::Metadata(Connection& connection)
    : get_(connection.prepare("SELECT value FROM meta WHERE key = ?1")),
      set_(connection.prepare("INSERT INTO meta VALUES(?1, ?2) "
                              "ON CONFLICT(key) DO UPDATE SET value = excluded.value")),
      remove_(connection.prepare("DELETE FROM meta WHERE key = ?1")) {}

Uuid Metadata::epoch() {
  const auto epoch = uuid(kEpoch);
  ORDERLY_CHECK(epoch.has_value(), "a database without an epoch");
  return *epoch;
}

void Metadata::set_epoch(const Uuid& epoch) { set(kEpoch, epoch); }

std::optional<std::int64_t> Metadata::number(std::string_view key) {
  auto row = get_.use(key);
  return row.step() ? std::optional(row.int64(0)) : std::nullopt;
}

std::optional<std::string> Metadata::text(std::string_view key) {
  auto row = get_.use(key);
  return row.step() ? std::optional(std::string(row.text(0))) : std::nullopt;
}

std::optional<Uuid> Metadata::uuid(std::string_view key) {
  auto row = get_.use(key);
  return row.step() ? std::optional(row.uuid(0)) : std::nullopt;
}

void Metadata::set(std::string_view key, std::int64_t value) { set_.run(key, value); }
void Metadata::set(std::string_view key, std::string_view value) { set_.run(key, value); }
void Metadata::set(std::string_view key, const Uuid& value) { set_.run(key, value); }
void Metadata::remove(std::string_view key) { remove_.run(key); }

}  // namespace orderly::sqlite
