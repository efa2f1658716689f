#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/bundle.hpp"
#include "base/result.hpp"
#include "http/router.hpp"
#include "orderinfo/sqlite/read_model_files.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::app {

/// Makes backups of the stores of this process while they work: one at a time, into a folder that
/// is there whole or not at all. It is written under another name, synced and renamed; a process
/// that dies leaves the other name, which the next backup to the same place clears.
///
/// The stores are copied downstream before upstream, each as it is at one moment, so every position
/// in the bundle exists upstream. Used on the server's loop.
class Backups {
 public:
  struct Parts {
    runtime::EventLoop& loop;
    std::filesystem::path data;  ///< the data directory
    std::vector<std::string> services;
    warehouse::Warehouse* warehouse = nullptr;              ///< null: it is not hosted here
    const orderinfo::ReadModelFiles* read_model = nullptr;  ///< likewise
    telemetry::Metrics& metrics;
  };
  /// How the last one ended.
  struct Ended {
    std::int64_t ticket = 0;
    std::filesystem::path folder;
    std::optional<Error> error;
    std::uint64_t bytes = 0;
    std::chrono::milliseconds took{0};
  };
  struct Status {
    std::int64_t requested = 0;  ///< the last ticket given
    bool running = false;
    std::string file;  ///< that is being copied or summed up
    std::uint64_t done = 0;
    std::uint64_t of = 0;  ///< bytes: each is copied and read again
    std::optional<Ended> last;
  };

  explicit Backups(Parts parts);

  /// Begins a backup into the new folder `folder` (absolute; its parent exists), answers its
  /// ticket. kInvalid "invalid_value" (directory), kConflict "backup_exists" and "backup_running",
  /// kStorageFull "storage_full" where there cannot be room.
  Result<std::int64_t> request(const std::string& folder);
  [[nodiscard]] Status status() const;
  /// Gives a running one up and waits until it has cleared what it wrote.
  runtime::Task<void> stop();

 private:
  runtime::Task<void> run(std::int64_t ticket, std::filesystem::path folder);
  runtime::Task<Manifest> copy_all(std::filesystem::path unfinished);
  runtime::Task<BundledStore> copy(std::string file, std::filesystem::path unfinished);
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] orderinfo::ReadModelFiles::Live source_of(const std::string& file) const;
  [[nodiscard]] std::uint64_t bytes_of_stores() const;
  void begin_file(const std::string& file);
  void check_stop() const;

  Parts parts_;
  runtime::ThreadPool pool_{"backup", 1, 4};
  runtime::TaskGroup tasks_;
  std::int64_t requested_ = 0;
  bool running_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<std::uint64_t> of_ = 0;
  mutable std::mutex mutex_;
  std::string file_;           ///< guarded by mutex_
  std::optional<Ended> last_;  ///< guarded by mutex_
  telemetry::Counter& made_;
  telemetry::Counter& failed_;
  telemetry::Gauge& last_seconds_;
};

/// POST and GET /api/v1/admin/backup, for callers on this machine.
void add_backup_routes(http::Router& router, Backups& backups);

}  // namespace orderly::app
