#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "events/feed.hpp"
#include "orderinfo/projection_news.hpp"
#include "orderinfo/read_model.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/log.hpp"

namespace orderly::orderinfo {

using Change = events::Recorded<events::OrderInfoPut>;

/// Changes read at once on the loop that serves: about half a millisecond.
inline constexpr std::size_t kWatchPage = 256;

/// Reads each new change of the read model once and tells whoever wants to know, so that thousands
/// that wait cost one reader (ADR 0017). All on the loop that it is given, which is that of the
/// HTTP server. While nobody watches nothing is read.
class ChangeWatch {
 public:
  /// Is told of all changes after position() in their order, and after them how the read model
  /// stands. Must not suspend.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void saw_change(const Change& change) = 0;
    /// It may be seen from now on, and its change is to be told of when it is durable. Not said of
    /// every order.
    virtual void saw_visible(const OrderId&) {}
    virtual void saw_progress(const Progress& progress) = 0;
  };

  /// `news` are of `store`.
  ChangeWatch(runtime::EventLoop& loop, const ReadModel& store, ProjectionNews& news)
      : loop_(loop), store_(store), news_(news), task_(loop) {}

  /// Before anybody watches; outlives stop().
  void add(Listener& listener) { listeners_.push_back(&listener); }

  /// Keeps the watch awake for as long as it lives.
  class Watching {
   public:
    explicit Watching(ChangeWatch& watch) : watch_(watch) { watch_.begin(); }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;
    ~Watching() { watch_.end(); }

   private:
    ChangeWatch& watch_;
  };

  /// Of the change log: changes up to here were told. Of use while somebody watches.
  [[nodiscard]] Position position() const { return position_; }
  /// Nobody watches any more, or will.
  runtime::Task<void> stop();

 private:
  void begin();
  void end();
  runtime::Task<void> follow();
  /// Whether there may be more.
  bool tell();

  runtime::EventLoop& loop_;
  const ReadModel& store_;
  ProjectionNews& news_;
  runtime::Signal wanted_;
  std::vector<Listener*> listeners_;
  std::size_t watchers_ = 0;
  Position position_ = 0;
  bool started_ = false;
  log::Throttle warnings_{std::chrono::seconds(10)};
  runtime::TaskGroup task_;
};

}  // namespace orderly::orderinfo
