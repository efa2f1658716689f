/// What SQLite itself can keep: the least that an order needs, in a table that is only appended to,
/// in groups that share a commit, synced before it counts. No HTTP, no JSON, no coroutine.
///
///     bench_store_ceiling DIRECTORY SECONDS GROUP

#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "samples.hpp"

namespace {

using namespace orderly::bench;

constexpr const char* kSchema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000;"
    "CREATE TABLE placed_order(position INTEGER PRIMARY KEY, order_id BLOB NOT NULL,"
    " event_id BLOB NOT NULL, customer_id TEXT NOT NULL, product_id TEXT NOT NULL,"
    " number INTEGER NOT NULL, order_date INTEGER NOT NULL, accepted_at INTEGER NOT NULL,"
    " trace BLOB) STRICT;";

/// Appends rows to a new database, which goes with it.
class Store {
 public:
  explicit Store(std::filesystem::path path) : path_(std::move(path)) {
    check(sqlite3_open(path_.c_str(), &database_));
    check(sqlite3_exec(database_, kSchema, nullptr, nullptr, nullptr));
    check(sqlite3_prepare_v2(database_, "INSERT INTO placed_order VALUES(?,?,?,?,?,?,?,?,?)", -1,
                             &insert_, nullptr));
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
    for (const char* suffix : {"", "-wal", "-shm"})
      std::filesystem::remove(path_.string() + suffix);
  }

  void append_group(std::int64_t size) {
    execute("BEGIN IMMEDIATE");
    for (std::int64_t i = 0; i < size; ++i)
      append(++position_);
    execute("COMMIT");
  }

  [[nodiscard]] std::int64_t position() const { return position_; }

 private:
  void append(std::int64_t position) {
    const std::string customer = fmt::format("customer{:05}", position * 7919 % 20'000);
    const std::string product = fmt::format("product{:05}", position % 100);
    const std::string id = fmt::format("{:016}", position);  // ascends, as time-ordered ids do
    sqlite3_bind_int64(insert_, 1, position);
    sqlite3_bind_blob(insert_, 2, id.data(), 16, SQLITE_STATIC);
    sqlite3_bind_blob(insert_, 3, id.data(), 16, SQLITE_STATIC);
    sqlite3_bind_text(insert_, 4, customer.data(), static_cast<int>(customer.size()),
                      SQLITE_STATIC);
    sqlite3_bind_text(insert_, 5, product.data(), static_cast<int>(product.size()), SQLITE_STATIC);
    sqlite3_bind_int64(insert_, 6, 1 + position % 9);
    sqlite3_bind_int64(insert_, 7, 18'628 + position % 365);
    sqlite3_bind_int64(insert_, 8, 1'611'000'000'000'000 + position);
    sqlite3_bind_blob(insert_, 9, id.data(), 16, SQLITE_STATIC);
    if (sqlite3_step(insert_) != SQLITE_DONE) check(SQLITE_ERROR);
    check(sqlite3_reset(insert_));
  }

  void execute(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
  void check(int code) const {
    if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(database_));
  }

  std::filesystem::path path_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::int64_t position_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("usage: bench_store_ceiling DIRECTORY SECONDS GROUP");
  const double limit = std::atof(argv[2]);
  const std::int64_t group = std::atoll(argv[3]);
  if (group < 1) throw std::runtime_error("GROUP is at least 1");
  Store store(std::filesystem::path(argv[1]) / fmt::format("store-ceiling-{}.db", ::getpid()));
  Samples commits;
  const auto start = Clock::now();
  while (seconds_since(start) < limit) {
    const auto began = Clock::now();
    store.append_group(group);
    commits.add(Clock::now() - began);
  }
  const double took = seconds_since(start);
  fmt::print(R"({{"orders": {}, "seconds": {:.4f}, "rate": {:.1f}, "commit": {}}})"
             "\n",
             store.position(), took, static_cast<double>(store.position()) / took,
             commits.to_json());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_store_ceiling: {}\n", error.what());
  return 1;
}
