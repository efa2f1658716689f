#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "base/random.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/suspend.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"
#include "warehouse/process/child_process.hpp"
#include "warehouse/process/frame_stream.hpp"
#include "warehouse/process/process_warehouse.hpp"

namespace orderly::warehouse::process {

/// The parent's side of the engine: a thread that starts it, carries calls to it and answers back,
/// and watches it. All members but call(), stop and the constructor belong to that thread.
class ProcessWarehouse::Link {
 public:
  /// Blocks until the engine has opened the store; throws Unavailable.
  Link(ProcessOptions options, telemetry::Metrics& metrics);
  /// Refuses all calls and closes the engine.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Any thread; resumes on the caller's executor with the frame that answers. Waits at most
  /// `timeout` for its turn and, where the engine does not answer in time, a little longer. Throws
  /// Unavailable, and operation_aborted when the calling task is stopped.
  runtime::Task<Frame> call(FrameKind kind, std::string payload, std::chrono::milliseconds timeout);

  [[nodiscard]] const ProcessOptions& options() const { return options_; }
  [[nodiscard]] int engine_pid() const { return pid_; }

 private:
  using Resume = runtime::Resume<std::optional<Frame>>;
  struct Call {
    Frame frame;
    Resume resume;
    SteadyTime deadline;
    bool abandoned = false;  ///< it was answered without the engine

    [[nodiscard]] bool is_query() const { return frame.kind == FrameKind::kQuery; }
    [[nodiscard]] bool is_export() const { return frame.kind == FrameKind::kExport; }
    /// Bounded by its owner's time, and to blame where it goes beyond it.
    [[nodiscard]] bool is_of_an_owner() const { return is_query() || is_export(); }
  };
  using CallPtr = std::unique_ptr<Call>;

  // Calls.
  void enqueue(CallPtr call);
  void cancel(std::uint64_t id);
  /// Sends what has its turn.
  void send_waiting();
  void send(CallPtr call);
  [[nodiscard]] std::size_t queries(bool running) const;
  void take_answer(Frame frame);
  static void answer(Call& call, Frame frame);
  /// Answers a query that the engine will not answer.
  static void blame(Call& call, Frame verdict);
  static void fail(Call& call, const std::exception_ptr& error);
  void refuse_waiting(const std::string& why);
  /// What befalls a call that is no query's or export's as the engine ends.
  [[nodiscard]] std::exception_ptr why_it_ended() const;

  // The engine.
  runtime::Task<void> supervise();
  runtime::Task<void> run_engine();
  runtime::Task<bool> open_engine();
  /// Gives whether it failed by itself.
  runtime::Task<bool> reap_engine();
  /// Of the queries and exports that run, the one that is taken for the guilty one; null where none
  /// runs.
  Call* suspect();
  void fail_running();
  runtime::Task<void> wait_before_restart();

  // The watch over it.
  runtime::Task<void> watch();
  void watch_waiting(SteadyTime now);
  void watch_running(SteadyTime now);
  void kill_engine(const std::string& why);
  void note_opened();
  void note_failed(const std::string& why, bool was_up);
  [[nodiscard]] bool idle() const { return waiting_.empty() && running_.empty(); }

  ProcessOptions options_;
  SystemClock clock_;
  runtime::AsioEventLoop loop_{clock_};
  SeededRandom random_{seed_from_system()};
  runtime::TaskGroup tasks_{loop_};
  std::atomic<std::uint64_t> next_id_ = 1;

  std::deque<CallPtr> waiting_;
  std::map<std::uint64_t, CallPtr> running_;  ///< by id, so the newest is last

  std::optional<ChildProcess> child_;
  std::optional<FrameStream> stream_;
  std::unique_ptr<runtime::Timer> watch_timer_;
  std::atomic<int> pid_ = 0;
  bool up_ = false;
  bool closing_ = false;
  bool ended_ = false;
  bool killed_ = false;        ///< by us
  bool disk_is_full_ = false;  ///< which is why it ended, or cannot be opened
  int failures_ = 0;           ///< in a row
  std::optional<SteadyTime> close_deadline_;
  std::optional<std::promise<void>> first_open_{std::in_place};

  telemetry::Counter& restarts_;
  telemetry::Counter& kills_;
  telemetry::Gauge& running_gauge_;
  telemetry::Gauge& up_gauge_;
  telemetry::Metrics::Registration resident_;
  std::thread thread_;
};

}  // namespace orderly::warehouse::process
