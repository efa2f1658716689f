#pragma once

#include "base/result.hpp"
#include "sqlite/connection.hpp"

namespace orderly::broker {

/// While it lives, commits are synced. Made outside of transactions.
class SyncedCommits {
 public:
  explicit SyncedCommits(sqlite::Connection& connection) : connection_(connection) {
    connection_.exec("PRAGMA synchronous = FULL");
  }
  SyncedCommits(const SyncedCommits&) = delete;
  SyncedCommits& operator=(const SyncedCommits&) = delete;
  ~SyncedCommits() {
    try {
      connection_.exec("PRAGMA synchronous = NORMAL");
    } catch (const Unavailable&) {
      // Then later commits are synced too: slower, and as safe.
    }
  }

 private:
  sqlite::Connection& connection_;
};

}  // namespace orderly::broker
