#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "runtime/suspend.hpp"
#include "warehouse/duckdb/database.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::duckdb {

struct LaneOptions {
  std::size_t lanes = 2;
  std::size_t max_waiting = 16;
  /// How much the process may grow while queries run; above it the newest one is interrupted.
  std::size_t max_growth_mb = 1024;
  /// The same for what it may have in memory altogether; 0: growth alone counts.
  std::size_t max_resident_mb = 0;
  /// Whether an interrupted query's caller is answered while its lane is still busy. Without, the
  /// answer says that the lane is through.
  bool answers_for_stuck = true;
};

/// A few threads that run queries, each on a connection of its own, and a watchdog over them.
///
/// The watchdog interrupts a query that runs over its time or while the process grows beyond its
/// bound. DuckDB heeds an interrupt between the steps of a plan; a single expression may go on for
/// long. So the caller is answered without waiting for the lane, which takes no other query until
/// it is through. Any thread may call. Time is the machine's: this runs real threads.
class QueryLanes {
 public:
  using Answer = Result<QueryResult>;
  using Work = std::move_only_function<Answer(const Session&)>;

  QueryLanes(DatabaseSource& source, LaneOptions options);
  /// Refuses what waits, interrupts what runs, and waits for it.
  ~QueryLanes();
  QueryLanes(const QueryLanes&) = delete;
  QueryLanes& operator=(const QueryLanes&) = delete;

  /// Runs `work` on a lane and resumes the caller on its own executor, at the latest shortly after
  /// `timeout`. Throws Unavailable when too many wait already or none had its turn in time, and
  /// operation_aborted when the calling task is stopped: the work is then interrupted.
  runtime::Task<Answer> run(Work work, std::chrono::milliseconds timeout);

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Resume = runtime::Resume<std::optional<Answer>>;
  enum class Stop : std::uint8_t { kNo, kTimeout, kMemory, kShutdown, kAbandoned };

  struct Job {
    Work work;
    Time deadline;
    Resume resume;
    bool answered = false;
    duckdb_connection connection = nullptr;  ///< while it may be interrupted
    Stop stop = Stop::kNo;
    Time stopped_at;
  };
  using JobPtr = std::shared_ptr<Job>;

  void enqueue(JobPtr job);
  /// Nobody waits for it any more.
  void abandon(Job& job);
  void serve();
  void run_job(Job& job);
  void watch();
  void watch_waiting(Time now);
  void watch_running(Time now);
  void stop_job(Job& job, Stop reason, Time now);
  [[nodiscard]] bool memory_is_short() const;
  /// Interrupts one query, the newest, and the next newest where that was not enough.
  void free_memory(Time now);
  static void answer(Job& job, Answer answer);
  static void refuse(Job& job, const std::string& why);
  /// Answers a job that was stopped.
  static void end(Job& job);
  static Answer stopped_answer(Stop reason);

  DatabaseSource& source_;
  LaneOptions options_;
  std::mutex mutex_;
  std::condition_variable work_ready_;
  std::condition_variable watch_ready_;
  std::deque<JobPtr> waiting_;
  std::vector<JobPtr> running_;
  std::size_t resident_before_ = 0;  ///< bytes, when the first of those that run began
  bool stopping_ = false;
  std::vector<std::thread> threads_;
  std::thread watchdog_;
};

}  // namespace orderly::warehouse::duckdb
