#include "warehouse/process/link.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "runtime/backoff.hpp"
#include "telemetry/log.hpp"

namespace orderly::warehouse::process {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kWatchInterval{20};
constexpr std::chrono::hours kAsleep{1};
constexpr std::chrono::milliseconds kReapInterval{2};
/// Between the end of its socket and that of the process, which may be writing a report.
constexpr std::chrono::milliseconds kReapPatience{2'000};
constexpr std::size_t kMaxWaitingLoads = 64;
constexpr runtime::BackoffPolicy kRestartBackoff{std::chrono::milliseconds(20),
                                                 std::chrono::milliseconds(5'000)};
constexpr const char* kStartsAgain = "the warehouse is starting again";
constexpr const char* kDiskFull = "the disk that the warehouse is on is full";
constexpr std::size_t kMegabyte = std::size_t{1024} * 1024;

std::exception_ptr unavailable(const std::string& why) {
  return std::make_exception_ptr(Unavailable(why));
}

Frame refusal(std::string_view code, std::string message, std::string field = "query") {
  return {
      FrameKind::kError, 0,
      encode(Error{ErrorKind::kInvalid, std::string(code), std::move(message), std::move(field)})};
}

Frame timeout_refusal(bool of_export) {
  if (of_export) return refusal("export_timeout", "the export did not finish within its time", "");
  return refusal("query_timeout", "the query did not finish within its time (timeout_ms)");
}

Frame memory_refusal(bool of_export) {
  if (of_export) {
    return refusal("export_memory", "the export needs more memory than it may use here", "");
  }
  return refusal("query_memory", "the query needs more memory than a query may use here");
}

}  // namespace

ProcessWarehouse::Link::Link(ProcessOptions options, telemetry::Metrics& metrics)
    : options_(std::move(options)),
      watch_timer_(loop_.make_timer()),
      restarts_(metrics.counter("orderly_warehouse_engine_starts_total",
                                "How often the warehouse's engine was started.")),
      kills_(metrics.counter("orderly_warehouse_engine_kills_total",
                             "How often it was killed since a query heeded no limit.")),
      running_gauge_(metrics.gauge("orderly_warehouse_queries_running",
                                   "Queries that the warehouse's engine works on.")),
      up_gauge_(metrics.gauge("orderly_warehouse_engine_up", "1 while the engine serves.")),
      resident_(metrics.gauge_callback(
          "orderly_warehouse_engine_resident_bytes", "Memory of the engine's process.", {}, [this] {
            const int pid = pid_;
            return pid == 0 ? 0.0 : static_cast<double>(resident_bytes_of(pid));
          })) {
  auto opened = first_open_->get_future();
  tasks_.spawn("warehouse engine", supervise());
  tasks_.spawn("watch over the warehouse engine", watch());
  thread_ = std::thread([this] { loop_.run(); });
  pthread_setname_np(thread_.native_handle(), "warehouse-link");
  try {
    opened.get();
  } catch (...) {
    thread_.join();
    throw;
  }
}

ProcessWarehouse::Link::~Link() {
  asio::post(loop_.executor(), [this] {
    closing_ = true;
    close_deadline_ = loop_.steady_now() + options_.close_grace;
    refuse_waiting("the warehouse is closing");
    for (auto& [id, call] : running_) {
      fail(*call, unavailable("the warehouse is closing"));
    }
    running_.clear();
    if (stream_) stream_->send({FrameKind::kClose, 0, {}});
    watch_timer_->cancel();
  });
  thread_.join();
}

runtime::Task<Frame> ProcessWarehouse::Link::call(FrameKind kind, std::string payload,
                                                  std::chrono::milliseconds timeout) {
  auto call = std::make_unique<Call>();
  const std::uint64_t id = next_id_++;
  call->frame = {kind, id, std::move(payload)};
  call->deadline = loop_.steady_now() + timeout;
  co_return std::move(*co_await runtime::suspend<std::optional<Frame>>(
      [this, &call](Resume resume) {
        call->resume = std::move(resume);
        asio::post(loop_.executor(),
                   [this, call = std::move(call)]() mutable { enqueue(std::move(call)); });
      },
      [this, id] { asio::post(loop_.executor(), [this, id] { cancel(id); }); }));
}

// Calls

std::size_t ProcessWarehouse::Link::queries(bool running) const {
  const auto is_query = [](const auto& call) { return call->is_query(); };
  if (!running) return static_cast<std::size_t>(std::ranges::count_if(waiting_, is_query));
  return static_cast<std::size_t>(
      std::ranges::count_if(running_, [](const auto& entry) { return entry.second->is_query(); }));
}

void ProcessWarehouse::Link::enqueue(CallPtr call) {
  const std::size_t waiting_queries = queries(false);
  if (closing_) {
    fail(*call, unavailable("the warehouse is closing"));
  } else if (call->is_query() ? waiting_queries >= options_.max_waiting
                              : waiting_.size() - waiting_queries >= kMaxWaitingLoads) {
    fail(*call, unavailable(call->is_query() ? "too many queries wait for the warehouse"
                                             : "too many loads wait for the warehouse"));
  } else {
    waiting_.push_back(std::move(call));
    send_waiting();
    watch_timer_->cancel();
  }
}

void ProcessWarehouse::Link::send_waiting() {
  if (!up_) return;
  std::size_t lanes =
      options_.engine.lanes - std::min<std::size_t>(options_.engine.lanes, queries(true));
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    if ((*next)->is_query() && lanes == 0) {
      ++next;
      continue;
    }
    if ((*next)->is_query()) --lanes;
    send(std::move(*next));
    next = waiting_.erase(next);
  }
  running_gauge_.set(static_cast<double>(queries(true)));
}

void ProcessWarehouse::Link::send(CallPtr call) {
  const SteadyTime now = loop_.steady_now();
  std::string payload = std::move(call->frame.payload);
  if (call->is_of_an_owner()) {
    set_timeout(payload, std::chrono::ceil<std::chrono::milliseconds>(call->deadline - now));
  } else {
    const bool saves = call->frame.kind == FrameKind::kSave;
    call->deadline = now + (saves ? options_.save_timeout : options_.load_timeout);
  }
  stream_->send({call->frame.kind, call->frame.id, std::move(payload)});
  const std::uint64_t id = call->frame.id;
  running_.emplace(id, std::move(call));
}

void ProcessWarehouse::Link::cancel(std::uint64_t id) {
  const auto aborted =
      std::make_exception_ptr(boost::system::system_error(asio::error::operation_aborted));
  const auto waits =
      std::ranges::find_if(waiting_, [&](const CallPtr& call) { return call->frame.id == id; });
  if (waits != waiting_.end()) {
    fail(**waits, aborted);
    waiting_.erase(waits);
    return;
  }
  const auto runs = running_.find(id);
  if (runs == running_.end() || runs->second->abandoned) return;
  fail(*runs->second, aborted);
  runs->second->abandoned = true;
  // It keeps its lane until the engine is through with it; the watch sees to that.
  runs->second->deadline = std::min(runs->second->deadline, loop_.steady_now());
  if (up_) stream_->send({FrameKind::kCancel, id, {}});
}

void ProcessWarehouse::Link::take_answer(Frame frame) {
  const auto call = running_.find(frame.id);
  if (call == running_.end()) return;
  failures_ = 0;
  if (!call->second->abandoned) answer(*call->second, std::move(frame));
  running_.erase(call);
  send_waiting();
}

void ProcessWarehouse::Link::answer(Call& call, Frame frame) {
  if (frame.kind == FrameKind::kUnavailable) {
    fail(call, decode_unavailable(frame.payload));
  } else {
    call.resume(std::optional<Frame>(std::move(frame)));
  }
}

void ProcessWarehouse::Link::fail(Call& call, const std::exception_ptr& error) {
  if (!call.abandoned) call.resume.fail(error);
}

void ProcessWarehouse::Link::blame(Call& call, Frame verdict) {
  if (!call.abandoned) answer(call, std::move(verdict));
  call.abandoned = true;
}

ProcessWarehouse::Link::Call* ProcessWarehouse::Link::suspect() {
  const auto newest = std::find_if(running_.rbegin(), running_.rend(), [](const auto& entry) {
    return entry.second->is_of_an_owner();
  });
  return newest == running_.rend() ? nullptr : newest->second.get();
}

void ProcessWarehouse::Link::refuse_waiting(const std::string& why) {
  for (const CallPtr& call : waiting_)
    fail(*call, unavailable(why));
  waiting_.clear();
}

// The engine

runtime::Task<void> ProcessWarehouse::Link::supervise() {
  while (!closing_) {
    std::string why = "it ended";
    try {
      co_await run_engine();
    } catch (const StorageFull& full) {
      why = full.what();
      disk_is_full_ = true;
    } catch (const Unavailable& failure) {
      why = failure.what();
    }
    const bool was_up = std::exchange(up_, false) || killed_;
    const bool crashed = co_await reap_engine();
    if (closing_) break;
    if (first_open_) {
      first_open_->set_exception(unavailable(why));
      first_open_.reset();
      closing_ = true;
      break;
    }
    note_failed(why, was_up);
    if (Call* const guilty = was_up && crashed ? suspect() : nullptr; guilty != nullptr) {
      // An export is ours: it comes again where whoever asked for it asks again.
      if (guilty->is_query()) {
        blame(*guilty, refusal("query_failed", "the warehouse's engine failed over this query"));
      }
    }
    fail_running();
    co_await wait_before_restart();
  }
  refuse_waiting("the warehouse is closing");
  ended_ = true;
  watch_timer_->cancel();
}

runtime::Task<void> ProcessWarehouse::Link::run_engine() {
  auto arguments = options_.arguments;
  arguments.push_back(std::to_string(::getpid()));
  killed_ = false;
  restarts_.add();
  child_.emplace(options_.program, arguments);
  stream_.emplace(loop_, child_->take_socket());
  pid_ = child_->pid();
  if (!co_await open_engine()) co_return;
  note_opened();
  for (;;)
    take_answer(co_await stream_->read());
}

runtime::Task<bool> ProcessWarehouse::Link::open_engine() {
  close_deadline_ = loop_.steady_now() + options_.open_timeout;
  stream_->send({FrameKind::kOpen, 0, encode(options_.engine)});
  const Frame answer = co_await stream_->read();
  if (answer.kind == FrameKind::kUnavailable) {
    std::rethrow_exception(decode_unavailable(answer.payload));
  }
  if (!closing_) close_deadline_.reset();
  co_return answer.kind == FrameKind::kOpened;
}

void ProcessWarehouse::Link::note_opened() {
  up_ = true;
  disk_is_full_ = false;
  up_gauge_.set(1);
  if (first_open_) {
    first_open_->set_value();
    first_open_.reset();
  } else {
    log::info("the warehouse's engine serves again", {{"pid", child_->pid()}});
  }
  send_waiting();
}

void ProcessWarehouse::Link::note_failed(const std::string& why, bool was_up) {
  // The first failure and then ever fewer, unless we did it ourselves and said why.
  ++failures_;
  if (!killed_ && (failures_ & (failures_ - 1)) == 0) {
    log::error("the warehouse's engine ended", {{"error", why}, {"failures", failures_}});
  }
  if (was_up) return;
  refuse_waiting(disk_is_full_ ? kDiskFull : "the warehouse cannot be opened now");
}

/// The socket's end comes a moment before the process can be waited for.
runtime::Task<bool> ProcessWarehouse::Link::reap_engine() {
  if (stream_) {
    stream_->close();
    co_await stream_->join();
    stream_.reset();
  }
  if (!child_) co_return false;
  const SteadyTime patience = loop_.steady_now() + kReapPatience;
  while (!child_->reap()) {
    const SteadyTime now = loop_.steady_now();
    if (now >= (closing_ ? close_deadline_.value_or(patience) : patience)) child_->kill();
    co_await loop_.sleep_for(kReapInterval);
  }
  const bool crashed = !child_->ended_by_kill();
  disk_is_full_ = disk_is_full_ || child_->ended_with(kDiskIsFull);
  if (crashed && !closing_) {
    log::warning("the warehouse's engine ended by itself", {{"how", child_->how_it_ended()}});
  }
  pid_ = 0;
  up_gauge_.set(0);
  child_.reset();
  co_return crashed;
}

std::exception_ptr ProcessWarehouse::Link::why_it_ended() const {
  if (disk_is_full_) return std::make_exception_ptr(StorageFull(kDiskFull));
  return unavailable(kStartsAgain);
}

void ProcessWarehouse::Link::fail_running() {
  for (auto& [id, call] : running_)
    fail(*call, call->is_of_an_owner() ? unavailable(kStartsAgain) : why_it_ended());
  running_.clear();
  running_gauge_.set(0);
}

runtime::Task<void> ProcessWarehouse::Link::wait_before_restart() {
  if (killed_) co_return;
  const SteadyTime until =
      loop_.steady_now() + runtime::backoff_delay(kRestartBackoff, failures_, random_);
  while (!closing_ && loop_.steady_now() < until)
    co_await loop_.sleep_for(kWatchInterval);
}

// The watch over it

runtime::Task<void> ProcessWarehouse::Link::watch() {
  while (!ended_) {
    const SteadyTime now = loop_.steady_now();
    watch_waiting(now);
    watch_running(now);
    const bool asleep = idle() && !close_deadline_;
    co_await watch_timer_->wait_until(asleep ? now + kAsleep : now + kWatchInterval);
  }
  loop_.stop();
}

void ProcessWarehouse::Link::watch_waiting(SteadyTime now) {
  std::erase_if(waiting_, [&](const CallPtr& call) {
    if (now < call->deadline) return false;
    fail(*call, unavailable(call->is_query() ? "no query lane of the warehouse became free in time"
                                             : "the warehouse did not get to the load in time"));
    return true;
  });
}

void ProcessWarehouse::Link::watch_running(SteadyTime now) {
  if (!child_ || killed_) return;
  if (close_deadline_ && now >= *close_deadline_) {
    kill_engine("it took too long to open or close the store");
    return;
  }
  // Killed before anybody is told, so that who is told finds it so.
  Call* const newest = suspect();
  if (newest != nullptr && child_->resident_bytes() > options_.hard_memory_mb * kMegabyte) {
    kill_engine("a query took more memory than it may");
    blame(*newest, memory_refusal(newest->is_export()));
    return;
  }
  const auto is_overdue = [&](const auto& entry) {
    return now >= entry.second->deadline + options_.kill_grace;
  };
  if (std::ranges::none_of(running_, is_overdue)) return;
  kill_engine("a call did not end in its time");
  for (auto& entry : running_) {
    Call& call = *entry.second;
    if (is_overdue(entry) && call.is_of_an_owner()) blame(call, timeout_refusal(call.is_export()));
  }
}

void ProcessWarehouse::Link::kill_engine(const std::string& why) {
  log::warning("the warehouse's engine is killed", {{"reason", why}, {"pid", child_->pid()}});
  kills_.add();
  killed_ = true;
  up_ = false;  // what comes now waits for the next one
  child_->kill();
}

}  // namespace orderly::warehouse::process
