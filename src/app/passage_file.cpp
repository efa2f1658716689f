#include "app/passage_file.hpp"

#include <array>
#include <set>
#include <utility>

#include "sqlite/migrations.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::app {
namespace {

constexpr std::array kMigrations{sqlite::Migration{1, "passages", R"sql(
CREATE TABLE passage(
  hop            TEXT NOT NULL,
  began          INTEGER NOT NULL,  -- microseconds since 1970
  first_position INTEGER NOT NULL,
  last_position  INTEGER NOT NULL,
  ended          INTEGER NOT NULL,
  epoch          BLOB NOT NULL,
  attempt        INTEGER NOT NULL,
  error          TEXT NOT NULL,
  PRIMARY KEY(hop, began, first_position)
) STRICT, WITHOUT ROWID;
)sql"}};
constexpr sqlite::Schema kSchema{"trace", sqlite::application_id("OrTr"), kMigrations};

sqlite::Connection open(sqlite::OpenOptions options, Random& random, UtcTime now) {
  options.synchronous = sqlite::Synchronous::kNormal;
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, UuidSource(random).next(now));
  return connection;
}

std::int64_t micros(UtcTime time) { return time.time_since_epoch().count(); }
UtcTime time_of(std::int64_t micros) { return UtcTime(std::chrono::microseconds(micros)); }

}  // namespace

PassageFile::PassageFile(sqlite::OpenOptions options, Random& random, UtcTime now,
                         Passages& passages)
    : passages_(passages),
      connection_(open(std::move(options), random, now)),
      put_(connection_.prepare("INSERT OR REPLACE INTO passage(hop, began, first_position, "
                               "last_position, ended, epoch, attempt, error) "
                               "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
      forget_(connection_.prepare(
          "DELETE FROM passage WHERE hop = ?1 AND began < (SELECT began FROM passage "
          "WHERE hop = ?1 ORDER BY began DESC LIMIT 1 OFFSET ?2)")) {
  auto all = connection_.prepare(
      "SELECT hop, began, first_position, last_position, ended, epoch, attempt, error "
      "FROM passage ORDER BY hop, began, first_position");
  for (auto row = all.use(); row.step();) {
    passages_.restore({std::string(row.text(0)),
                       {.epoch = row.uuid(5),
                        .first = row.int64(2),
                        .last = row.int64(3),
                        .began = time_of(row.int64(1)),
                        .ended = time_of(row.int64(4)),
                        .attempt = row.int64(6),
                        .error = std::string(row.text(7))}});
  }
}

void PassageFile::save() {
  const auto unsaved = passages_.take_unsaved();
  if (unsaved.empty()) return;
  std::set<std::string_view> hops;
  sqlite::WriteTransaction transaction(connection_);
  for (const auto& [hop, passage] : unsaved) {
    put_.run(hop, micros(passage.began), passage.first, passage.last, micros(passage.ended),
             passage.epoch, passage.attempt, passage.error);
    hops.insert(hop);
  }
  for (const std::string_view hop : hops)
    forget_.run(hop, static_cast<std::int64_t>(Passages::kMaxPassages));
  transaction.commit();
}

}  // namespace orderly::app
