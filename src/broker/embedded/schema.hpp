#pragma once

#include "sqlite/migrations.hpp"

namespace orderly::broker {

/// The schema of broker.db.
inline constexpr sqlite::Migration kMigrations[] = {
    {1, "topics and subscriptions", R"sql(
CREATE TABLE topic (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL UNIQUE,
  is_view       INTEGER NOT NULL,   -- 1: its messages are read from a source
  head          INTEGER NOT NULL,   -- position of its last message
  feed_epoch    BLOB    NOT NULL,   -- the last message that came from a feed
  feed_position INTEGER NOT NULL,
  feed_event_id BLOB    NOT NULL
) STRICT;

CREATE TABLE message (              -- of topics that are no view
  topic_id     INTEGER NOT NULL REFERENCES topic (id),
  position     INTEGER NOT NULL,
  publish_time INTEGER NOT NULL,    -- microseconds since 1970
  ordering_key TEXT    NOT NULL,
  attributes   TEXT    NOT NULL,    -- a JSON object
  data         BLOB    NOT NULL,
  PRIMARY KEY (topic_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription (
  id                 INTEGER PRIMARY KEY,
  topic_id           INTEGER NOT NULL REFERENCES topic (id),
  name               TEXT    NOT NULL UNIQUE,
  push_url           TEXT,          -- NULL: in process
  ack_deadline_ms    INTEGER NOT NULL,
  minimum_backoff_ms INTEGER NOT NULL,
  maximum_backoff_ms INTEGER NOT NULL,
  is_ordered         INTEGER NOT NULL,
  next               INTEGER NOT NULL  -- all below is acknowledged, but for what is in:
) STRICT;

CREATE TABLE unacknowledged (
  subscription_id INTEGER NOT NULL REFERENCES subscription (id),
  position        INTEGER NOT NULL,
  ordering_key    TEXT    NOT NULL,
  publish_time    INTEGER NOT NULL,
  rejections      INTEGER NOT NULL,
  retry_at        INTEGER NOT NULL, -- microseconds since 1970
  error           TEXT    NOT NULL, -- of the last rejection
  PRIMARY KEY (subscription_id, position)
) STRICT, WITHOUT ROWID;
)sql"},
    {2, "pull, filters, dead letters, retention", R"sql(
ALTER TABLE topic ADD COLUMN deleted_name TEXT;  -- of a deleted one, which is kept for what refers to it

ALTER TABLE subscription ADD COLUMN delivery INTEGER NOT NULL DEFAULT 0;  -- 0 in process, 1 push, 2 pull
ALTER TABLE subscription ADD COLUMN push_unwrapped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN push_metadata INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN filter TEXT NOT NULL DEFAULT '';
ALTER TABLE subscription ADD COLUMN dead_letter_topic TEXT;
ALTER TABLE subscription ADD COLUMN max_delivery_attempts INTEGER NOT NULL DEFAULT 5;
ALTER TABLE subscription ADD COLUMN retention_s INTEGER NOT NULL DEFAULT 604800;
ALTER TABLE subscription ADD COLUMN retain_acknowledged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN is_detached INTEGER NOT NULL DEFAULT 0;
UPDATE subscription SET delivery = 1 WHERE push_url IS NOT NULL;
CREATE INDEX subscription_by_topic ON subscription (topic_id);
)sql"},
    {3, "kept dead letters", R"sql(
ALTER TABLE subscription ADD COLUMN waits_behind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE unacknowledged ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;  -- LetterMark

CREATE TABLE dead_letter (
  subscription_id INTEGER NOT NULL,
  position        INTEGER NOT NULL,  -- in the subscription's topic
  kept_at         INTEGER NOT NULL,  -- microseconds since 1970, as all times
  attempts        INTEGER NOT NULL,
  attempted_at    INTEGER NOT NULL,
  error           TEXT    NOT NULL,  -- of the last attempt
  publish_time    INTEGER NOT NULL,
  ordering_key    TEXT    NOT NULL,
  attributes      TEXT    NOT NULL,
  data            BLOB    NOT NULL,
  PRIMARY KEY (subscription_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter_error (     -- each attempt that gave the message up
  subscription_id INTEGER NOT NULL,
  position        INTEGER NOT NULL,
  attempt         INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  error           TEXT    NOT NULL,
  PRIMARY KEY (subscription_id, position, attempt)
) STRICT, WITHOUT ROWID;
)sql"},
    {4, "places in feeds", R"sql(
CREATE TABLE feed_mark(             -- sqlite/feed_marks.hpp; feed: a topic's id
  feed     ANY     NOT NULL,
  number   INTEGER NOT NULL,
  position INTEGER NOT NULL,
  event_id BLOB    NOT NULL,
  PRIMARY KEY(feed, number)
) STRICT, WITHOUT ROWID;
INSERT INTO feed_mark SELECT id, 1, feed_position, feed_event_id FROM topic WHERE feed_position > 0;

CREATE TABLE taken_back (           -- published events that their feed has no longer
  number   INTEGER PRIMARY KEY,
  topic    TEXT    NOT NULL,
  epoch    BLOB    NOT NULL,
  after    INTEGER NOT NULL,
  upto     INTEGER NOT NULL,
  taken_at INTEGER NOT NULL         -- microseconds since 1970
) STRICT;
)sql"},
};

inline constexpr sqlite::Schema kSchema{"broker", sqlite::application_id("OrBk"), kMigrations};

}  // namespace orderly::broker
