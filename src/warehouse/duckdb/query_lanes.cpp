#include "warehouse/duckdb/query_lanes.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <fstream>
#include <new>
#include <utility>

#include "telemetry/log.hpp"

namespace orderly::warehouse::duckdb {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{20};
/// How long an interrupted query may take to say so before its caller is answered without it.
constexpr std::chrono::milliseconds kInterruptGrace{250};

/// Bytes of this process in memory (proc(5), statm); 0 where the system does not tell.
std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// What a caller is told when the store fails; the log has the engine's own words, which may name
/// files.
std::exception_ptr shown_failure(const Unavailable& unavailable) {
  log::warning("the warehouse cannot answer", {{"error", unavailable.what()}});
  return std::make_exception_ptr(
      Unavailable("the warehouse cannot answer now", unavailable.retry_after()));
}

}  // namespace

QueryLanes::QueryLanes(DatabaseSource& source, LaneOptions options)
    : source_(source), options_(options) {
  for (std::size_t i = 0; i < options_.lanes; ++i) {
    threads_.emplace_back([this] { serve(); });
    pthread_setname_np(threads_.back().native_handle(), "duckdb-query");
  }
  watchdog_ = std::thread([this] { watch(); });
  pthread_setname_np(watchdog_.native_handle(), "duckdb-watch");
}

QueryLanes::~QueryLanes() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const JobPtr& job : waiting_)
      refuse(*job, "the warehouse is closing");
    waiting_.clear();
  }
  work_ready_.notify_all();
  watch_ready_.notify_all();
  for (auto& thread : threads_)
    thread.join();
  watchdog_.join();
}

runtime::Task<QueryLanes::Answer> QueryLanes::run(Work work, std::chrono::milliseconds timeout) {
  auto job = std::make_shared<Job>();
  job->work = std::move(work);
  job->deadline = std::chrono::steady_clock::now() + timeout;
  co_return std::move(*co_await runtime::suspend<std::optional<Answer>>(
      [this, job](Resume resume) {
        job->resume = std::move(resume);
        enqueue(job);
      },
      [this, job] { abandon(*job); }));
}

void QueryLanes::enqueue(JobPtr job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= options_.max_waiting) {
      refuse(*job, "too many queries wait for the warehouse");
      return;
    }
    waiting_.push_back(std::move(job));
  }
  work_ready_.notify_one();
  watch_ready_.notify_one();
}

void QueryLanes::abandon(Job& job) {
  const std::lock_guard lock(mutex_);
  if (job.answered) return;
  job.stop = Stop::kAbandoned;
  job.stopped_at = std::chrono::steady_clock::now();
  job.deadline = job.stopped_at;  // the watchdog does the rest
}

void QueryLanes::serve() {
  for (;;) {
    JobPtr job;
    {
      std::unique_lock lock(mutex_);
      work_ready_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
      if (running_.empty()) resident_before_ = resident_bytes();
      running_.push_back(job);
    }
    run_job(*job);
    const std::lock_guard lock(mutex_);
    std::erase(running_, job);
  }
}

void QueryLanes::run_job(Job& job) {
  std::optional<Answer> result;
  std::exception_ptr error;
  try {
    const Session session = source_.connect();
    const auto set_connection = [&](duckdb_connection connection) {
      const std::lock_guard lock(mutex_);
      job.connection = connection;
    };
    set_connection(session.connection.get());
    try {
      result = job.work(session);
    } catch (const DatabaseBroken& broken) {
      error = shown_failure(broken);
      source_.retire(session.database);
    } catch (const Unavailable& unavailable) {
      error = shown_failure(unavailable);
    } catch (const std::bad_alloc&) {
      result = stopped_answer(Stop::kMemory);
    } catch (...) {  // a fault of one query is no reason to end the process
      error = std::current_exception();
    }
    // From here on nobody interrupts the connection, which is about to be closed.
    set_connection(nullptr);
  } catch (const Unavailable& unavailable) {
    error = shown_failure(unavailable);
  }
  const std::lock_guard lock(mutex_);
  if (job.answered) return;
  const bool useless = job.stop == Stop::kShutdown || job.stop == Stop::kAbandoned;
  if (useless || (job.stop != Stop::kNo && !(result && result->has_value()))) {
    end(job);
  } else if (error) {
    job.answered = true;
    job.resume.fail(error);
  } else {
    answer(job, std::move(*result));
  }
}

void QueryLanes::watch() {
  std::unique_lock lock(mutex_);
  for (;;) {
    watch_ready_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !running_.empty(); });
    if (stopping_ && running_.empty()) return;
    const Time now = std::chrono::steady_clock::now();
    watch_waiting(now);
    watch_running(now);
    watch_ready_.wait_for(lock, kWatchInterval, [] { return false; });
  }
}

void QueryLanes::watch_waiting(Time now) {
  std::erase_if(waiting_, [&](const JobPtr& job) {
    if (now < job->deadline) return false;
    if (job->stop == Stop::kNo) {
      refuse(*job, "no query lane of the warehouse became free in time");
    } else {
      end(*job);
    }
    return true;
  });
}

void QueryLanes::watch_running(Time now) {
  if (running_.empty()) return;
  if (!stopping_ && memory_is_short()) free_memory(now);
  for (const JobPtr& job : running_) {
    if (stopping_) {
      stop_job(*job, Stop::kShutdown, now);
    } else if (now >= job->deadline || job->stop != Stop::kNo) {
      stop_job(*job, Stop::kTimeout, now);
    }
  }
}

bool QueryLanes::memory_is_short() const {
  const std::size_t resident = resident_bytes();
  const auto megabytes = [](std::size_t count) { return count * 1024 * 1024; };
  if (options_.max_resident_mb > 0) return resident > megabytes(options_.max_resident_mb);
  return resident > resident_before_ + megabytes(options_.max_growth_mb);
}

void QueryLanes::free_memory(Time now) {
  const auto frees = [&](const JobPtr& job) {
    return job->stop != Stop::kNo && now - job->stopped_at < kInterruptGrace;
  };
  if (std::ranges::any_of(running_, frees)) return;
  const auto newest = std::find_if(running_.rbegin(), running_.rend(),
                                   [](const JobPtr& job) { return job->stop == Stop::kNo; });
  if (newest != running_.rend()) stop_job(**newest, Stop::kMemory, now);
}

void QueryLanes::stop_job(Job& job, Stop reason, Time now) {
  if (job.stop == Stop::kNo) {
    job.stop = reason;
    job.stopped_at = now;
  }
  // Again on every round: DuckDB forgets an interrupt that comes between two statements.
  if (job.connection != nullptr) duckdb_interrupt(job.connection);
  const bool stuck = now - job.stopped_at >= kInterruptGrace;
  if (options_.answers_for_stuck && !job.answered && stuck) end(job);
}

void QueryLanes::end(Job& job) {
  if (job.stop == Stop::kShutdown) {
    refuse(job, "the warehouse is closing");
  } else if (job.stop == Stop::kAbandoned) {
    job.answered = true;
    job.resume.fail(std::make_exception_ptr(
        boost::system::system_error(boost::asio::error::operation_aborted)));
  } else {
    answer(job, stopped_answer(job.stop));
  }
}

QueryLanes::Answer QueryLanes::stopped_answer(Stop reason) {
  if (reason == Stop::kMemory) {
    return invalid("query", "the query needs more memory than a query may use here",
                   "query_memory");
  }
  return invalid("query", "the query did not finish within its time (timeout_ms)", "query_timeout");
}

void QueryLanes::answer(Job& job, Answer answer) {
  job.answered = true;
  job.resume(std::optional<Answer>(std::move(answer)));
}

void QueryLanes::refuse(Job& job, const std::string& why) {
  job.answered = true;
  job.resume.fail(std::make_exception_ptr(Unavailable(why)));
}

}  // namespace orderly::warehouse::duckdb
