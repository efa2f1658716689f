#pragma once

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "runtime/event_loop.hpp"
#include "sqlite/connection.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_loop.hpp"
#include "support/sim_vfs.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::testing {

/// What an adapter of a store gives to be tested: one data set that lives on through restarts, and
/// the loop and the clock of the process that has it open.
template <class Store>
class StoreWorld {
 public:
  virtual ~StoreWorld() = default;
  virtual Store& store() = 0;
  virtual runtime::EventLoop& loop() = 0;
  /// Runs the loop until `done` or for `patience`; whether it is done.
  virtual bool run_until(const std::function<bool()>& done, std::chrono::milliseconds patience) = 0;
  /// The process ends in good order and starts again.
  virtual void restart() = 0;
  /// It does not end in good order; a store that is elsewhere may do the same as restart().
  virtual void crash() = 0;
  /// The wall clock is set, forward or back.
  virtual void set_clock(std::chrono::microseconds by) = 0;
};

template <class Store>
struct StoreAdapter {
  std::string name;
  std::function<std::unique_ptr<StoreWorld<Store>>()> fresh_world;
};

inline constexpr std::chrono::milliseconds kPatience{60'000};

/// A task on its way: its value, or its exception.
template <class T>
struct Ended {
  std::optional<T> value;
  std::exception_ptr error;

  T& get() {
    if (error) std::rethrow_exception(error);
    if (!value) throw std::logic_error("the task has not ended");
    return *value;
  }
};

template <class T>
std::shared_ptr<Ended<T>> start(runtime::EventLoop& loop, runtime::Task<T> task) {
  auto ended = std::make_shared<Ended<T>>();
  boost::asio::co_spawn(loop.executor(), std::move(task),
                        [ended](const std::exception_ptr& error, T value) {
                          ended->error = error;
                          if (!error) ended->value = std::move(value);
                        });
  return ended;
}

/// Runs all of `tasks` at once to their ends.
template <class T, class World>
std::vector<std::shared_ptr<Ended<T>>> run_all(World& world, std::vector<runtime::Task<T>> tasks) {
  std::vector<std::shared_ptr<Ended<T>>> all;
  for (auto& task : tasks)
    all.push_back(start(world.loop(), std::move(task)));
  const auto done = [&] {
    for (const auto& one : all)
      if (!one->value && !one->error) return false;
    return true;
  };
  if (!world.run_until(done, kPatience)) throw std::logic_error("the tasks take too long");
  return all;
}

/// Runs `task` to its end; throws what it throws.
template <class T, class World>
T run(World& world, runtime::Task<T> task) {
  std::vector<runtime::Task<T>> tasks;
  tasks.push_back(std::move(task));
  return std::move(run_all<T>(world, std::move(tasks)).front()->get());
}

/// An adapter over SQLite on a simulated disk, under virtual time.
template <class Store, class Adapter>
class SqliteStoreWorld final : public StoreWorld<Store> {
 public:
  explicit SqliteStoreWorld(std::uint64_t seed = 1000 + next_name_) : random_(seed) { open(); }

  Adapter& store() override { return *store_; }
  runtime::EventLoop& loop() override { return *loop_; }
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds patience) override {
    return loop_->run_until(done, loop_->steady_now() + patience);
  }
  void restart() override {
    close();
    open();
  }
  void crash() override {
    disk_.crash();
    close();
    disk_.restart(random_, power_failure(random_));
    open();
  }
  void set_clock(std::chrono::microseconds by) override { clock_.jump(by); }

  SimDisk& disk() { return disk_; }
  SimClock& clock() { return clock_; }
  SeededRandom& random() { return random_; }
  [[nodiscard]] sqlite::OpenOptions options() const {
    return {.path = "store.db", .vfs = vfs_.name()};
  }

 private:
  void open() {
    loop_ = std::make_unique<SimLoop>(clock_);
    store_ = std::make_unique<Adapter>(*loop_, options(), random_, metrics_);
  }
  void close() {
    loop_.reset();  // and every coroutine with it
    store_.reset();
  }

  static inline std::uint64_t next_name_ = 0;

  SeededRandom random_;
  SimClock clock_{UtcTime(std::chrono::sys_days(std::chrono::days(18'645)))};  // 2021-01-18
  SimDisk disk_;
  SimVfs vfs_{"store-world-" + std::to_string(next_name_++), disk_, clock_, random_};
  telemetry::Metrics metrics_;
  std::unique_ptr<SimLoop> loop_;
  std::unique_ptr<Adapter> store_;
};

}  // namespace orderly::testing
