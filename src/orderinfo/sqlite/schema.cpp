#include "orderinfo/sqlite/schema.hpp"

#include <array>

#include "sqlite/epoch_history.hpp"

namespace orderly::orderinfo {
namespace {

// Ids are of type ANY: see sqlite/stored_id.hpp. Dates are days, times microseconds since 1970.
//
// The rowid of order_info is the position in the change log, so that the log costs nothing beside
// the row, and rows are appended. parked_order and product_version meet in an index, which makes
// the list of what is left to release a query and not a state of its own.
constexpr std::string_view kReadModel = R"sql(
CREATE TABLE order_info(
  position        INTEGER PRIMARY KEY,
  order_id        ANY NOT NULL UNIQUE,
  customer_id     ANY NOT NULL,
  product_id      ANY NOT NULL,
  number          INTEGER NOT NULL,
  order_date      INTEGER NOT NULL,
  accepted_at     INTEGER NOT NULL,
  event_id        BLOB NOT NULL,
  trace           BLOB,
  source_position INTEGER,
  product_name    TEXT NOT NULL,
  unit_price      INTEGER NOT NULL,
  projected_at    INTEGER NOT NULL,
  replaces        INTEGER NOT NULL
) STRICT;
CREATE INDEX order_info_by_date ON order_info(customer_id, order_date, accepted_at);

-- Where rows stood that others have replaced: a reader may still stand there.
CREATE TABLE superseded_change(
  position INTEGER PRIMARY KEY,
  event_id BLOB NOT NULL
) STRICT;

CREATE TABLE product_version(
  position     INTEGER PRIMARY KEY,
  product_id   ANY NOT NULL,
  product_name TEXT NOT NULL,
  unit_price   INTEGER NOT NULL,
  valid_from   INTEGER NOT NULL,
  event_id     BLOB NOT NULL,
  trace        BLOB
) STRICT;
CREATE INDEX product_version_by_product ON product_version(product_id);

CREATE TABLE parked_order(
  order_id        ANY NOT NULL PRIMARY KEY,
  customer_id     ANY NOT NULL,
  product_id      ANY NOT NULL,
  number          INTEGER NOT NULL,
  order_date      INTEGER NOT NULL,
  accepted_at     INTEGER NOT NULL,
  event_id        BLOB NOT NULL,
  trace           BLOB,
  source_position INTEGER,
  source_epoch    BLOB,
  origin          INTEGER NOT NULL,
  parked_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_order_by_product ON parked_order(product_id);

CREATE TABLE dead_letter(
  number   INTEGER PRIMARY KEY,
  key      TEXT NOT NULL UNIQUE,
  order_id ANY,
  code     TEXT NOT NULL,
  reason   TEXT NOT NULL,
  message  TEXT NOT NULL,
  kept_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letter_by_order ON dead_letter(order_id) WHERE order_id IS NOT NULL;

-- Events that came by push and are in no feed.
CREATE TABLE foreign_event(
  position        INTEGER PRIMARY KEY,
  order_id        ANY NOT NULL UNIQUE,
  customer_id     ANY NOT NULL,
  product_id      ANY NOT NULL,
  number          INTEGER NOT NULL,
  order_date      INTEGER NOT NULL,
  accepted_at     INTEGER NOT NULL,
  event_id        BLOB NOT NULL,
  trace           BLOB
) STRICT;

CREATE TABLE feed_cursor(
  feed     TEXT NOT NULL PRIMARY KEY,
  epoch    BLOB NOT NULL,
  position INTEGER NOT NULL,
  event_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// The index of the lists, into which rows are merged in its order by the hundred thousand (see
// newest_rows.hpp): by itself SQLite would write a page for every row.
constexpr std::string_view kMergedListIndex = R"sql(
CREATE TABLE order_by_customer(
  customer    ANY NOT NULL,
  date        INTEGER NOT NULL,
  accepted    INTEGER NOT NULL,
  at_position INTEGER NOT NULL,
  PRIMARY KEY (customer, date, accepted, at_position)
) STRICT, WITHOUT ROWID;
INSERT INTO order_by_customer SELECT customer_id, order_date, accepted_at, position FROM order_info
  ORDER BY customer_id, order_date, accepted_at, position;

-- Rows up to here are in it, others may be.
CREATE TABLE list_index(merged_upto INTEGER NOT NULL) STRICT;
INSERT INTO list_index SELECT ifnull(max(position), 0) FROM order_info;

DROP INDEX order_info_by_date;
)sql";

// A letter's change is its position in the feed of dead letters: every change of it gets the next
// one. A resolved letter has lost its message, and its key, so that the same event may be kept
// again. Of a row that was parked or has replaced others, the times of that.
constexpr std::string_view kRedrive = R"sql(
ALTER TABLE dead_letter ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dead_letter ADD COLUMN attempted_at INTEGER;  -- NULL: when it was kept
ALTER TABLE dead_letter ADD COLUMN change INTEGER;
ALTER TABLE dead_letter ADD COLUMN change_id BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
ALTER TABLE dead_letter ADD COLUMN resolved INTEGER NOT NULL DEFAULT 0;  -- 1 redriven, 2 dropped
ALTER TABLE dead_letter ADD COLUMN resolved_at INTEGER;
UPDATE dead_letter SET change = number;
CREATE UNIQUE INDEX dead_letter_by_change ON dead_letter(change);
CREATE INDEX dead_letter_standing ON dead_letter(number) WHERE resolved = 0;
CREATE INDEX dead_letter_resolved ON dead_letter(resolved_at) WHERE resolved <> 0;

CREATE TABLE dead_letter_error(     -- of attempts before the last one
  number  INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  code    TEXT NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY(number, attempt)
) STRICT, WITHOUT ROWID;

ALTER TABLE order_info ADD COLUMN parked_at INTEGER;
ALTER TABLE order_info ADD COLUMN first_projected_at INTEGER;
)sql";

// Orders whose rows went without another one in their place, when a rebuilt read model took over.
// Readers of the change log have not heard of that: a row that comes again replaces theirs.
constexpr std::string_view kGone = R"sql(
CREATE TABLE gone_order(order_id ANY NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
)sql";

// Who copies the archive asks for what comes after a place: none is given again, though an order
// that turns out to be in the feed leaves the archive.
constexpr std::string_view kArchivePlaces = R"sql(
ALTER TABLE foreign_event RENAME TO foreign_event_before;
CREATE TABLE foreign_event(
  position        INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id        ANY NOT NULL UNIQUE,
  customer_id     ANY NOT NULL,
  product_id      ANY NOT NULL,
  number          INTEGER NOT NULL,
  order_date      INTEGER NOT NULL,
  accepted_at     INTEGER NOT NULL,
  event_id        BLOB NOT NULL,
  trace           BLOB
) STRICT;
INSERT INTO foreign_event SELECT * FROM foreign_event_before;
DROP TABLE foreign_event_before;
INSERT INTO sqlite_sequence(name, seq) SELECT 'foreign_event', 0
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'foreign_event');
)sql";

// What is taken out after a fork. removed_change belongs to the change log: its positions are those
// of the log, and a row of order_info with the same order_id never stands beside it. Rows that go
// at a swap are removed so, too, so their list is not needed any more.
constexpr std::string_view kForks = R"sql(
DROP TABLE gone_order;

CREATE TABLE removed_change(
  position     INTEGER PRIMARY KEY,
  order_id     ANY NOT NULL UNIQUE,
  customer_id  ANY NOT NULL,
  product_id   ANY NOT NULL,
  number       INTEGER NOT NULL,
  order_date   INTEGER NOT NULL,
  accepted_at  INTEGER NOT NULL,
  event_id     BLOB NOT NULL,
  trace        BLOB,
  product_name TEXT NOT NULL,
  unit_price   INTEGER NOT NULL,
  removed_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE taken_out_order(
  number          INTEGER PRIMARY KEY,
  order_id        ANY NOT NULL UNIQUE,
  customer_id     ANY NOT NULL,
  product_id      ANY NOT NULL,
  number_ordered  INTEGER NOT NULL,
  order_date      INTEGER NOT NULL,
  accepted_at     INTEGER NOT NULL,
  event_id        BLOB NOT NULL,
  trace           BLOB,
  source_epoch    BLOB NOT NULL,
  source_position INTEGER NOT NULL,
  product_name    TEXT,
  unit_price      INTEGER,
  taken_out_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE taken_out_version(
  number          INTEGER PRIMARY KEY,
  source_epoch    BLOB NOT NULL,
  source_position INTEGER NOT NULL,
  product_id      ANY NOT NULL,
  product_name    TEXT NOT NULL,
  unit_price      INTEGER NOT NULL,
  valid_from      INTEGER NOT NULL,
  event_id        BLOB NOT NULL,
  trace           BLOB,
  taken_out_at    INTEGER NOT NULL
) STRICT;
)sql";

// The table is that of sqlite/feed_marks.hpp. What was settled before is the first place.
constexpr std::string_view kPlaces = R"sql(
CREATE TABLE feed_mark(
  feed     ANY NOT NULL,
  number   INTEGER NOT NULL,
  position INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  PRIMARY KEY(feed, number)
) STRICT, WITHOUT ROWID;
INSERT INTO feed_mark SELECT feed, 1, position, event_id FROM feed_cursor WHERE position > 0;
)sql";

// Places that pushes named and that were applied before the feed was settled up to them, with the
// ids of the events that were said to stand there.
constexpr std::string_view kAhead = R"sql(
CREATE TABLE ahead_push(
  position INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  PRIMARY KEY(position, event_id)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO ahead_push SELECT source_position, event_id FROM (
  SELECT source_position, event_id FROM order_info
  UNION ALL SELECT source_position, event_id FROM parked_order)
  WHERE source_position > (SELECT position FROM feed_cursor WHERE feed = 'order');
)sql";

constexpr std::array kMigrations = {
    sqlite::Migration{1, "read model", kReadModel},
    sqlite::Migration{2, "merged list index", kMergedListIndex},
    sqlite::Migration{3, "redrive of dead letters", kRedrive},
    sqlite::Migration{4, "orders that are gone", kGone},
    sqlite::Migration{5, "places of the archive", kArchivePlaces},
    sqlite::Migration{6, "forks", kForks},
    sqlite::Migration{7, "past epochs", sqlite::EpochHistory::kSchema},
    sqlite::Migration{8, "places in feeds", kPlaces},
    sqlite::Migration{9, "pushes ahead of the feed", kAhead}};

}  // namespace

const sqlite::Schema& read_model_schema() {
  static constexpr sqlite::Schema kSchema{.name = "orderinfo",
                                          .application_id = sqlite::application_id("OrIn"),
                                          .migrations = kMigrations};
  return kSchema;
}

}  // namespace orderly::orderinfo
