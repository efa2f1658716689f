#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "http/message.hpp"
#include "orderinfo/change_watch.hpp"
#include "orderinfo/stream_events.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::orderinfo {

/// What a stream may have waiting for its reader; one that is further behind is cut off, comes back
/// and is told what it missed.
inline constexpr std::size_t kMaxStreamBuffer = 256UL * 1024;
/// Orders that a stream is told of after the fact; beyond it: `event: reset`.
inline constexpr std::size_t kMaxReplayed = 10'000;
inline constexpr std::size_t kReplayPage = 256;
/// Without anything to tell there is a comment this often.
inline constexpr std::chrono::seconds kHeartbeatInterval{15};

/// How far the warehouse is, where this process knows it.
struct LoadedChanges {
  /// In the change log of this read model; unknown while nobody has asked the warehouse. Any
  /// thread.
  std::function<std::optional<Position>()> position = nullptr;
  runtime::Signal* moved = nullptr;
};

/// The streams of customers' orders: each change is encoded once and handed to the streams of its
/// customer, found by hash. On the loop of the HTTP server.
class OrderStreams final : private ChangeWatch::Listener {
 public:
  /// Adds itself to `watch`. Everything passed in outlives it.
  OrderStreams(runtime::EventLoop& loop, const ReadModel& store, ChangeWatch& watch,
               telemetry::Metrics& metrics, LoadedChanges warehouse = {});
  OrderStreams(const OrderStreams&) = delete;
  OrderStreams& operator=(const OrderStreams&) = delete;

  /// The body of a stream; it costs nothing before its first piece is asked for. `after`: what its
  /// reader has seen; nothing: it starts from now.
  std::shared_ptr<http::BodyStream> open(CustomerId customer, std::optional<StreamId> after);
  /// No stream is open any more, or will be.
  runtime::Task<void> stop();

 private:
  class Stream;

  void saw_change(const Change& change) override;
  void saw_progress(const Progress&) override {}
  [[nodiscard]] std::optional<Position> loaded() const;
  /// The stream is told once everything up to `position` is in the warehouse.
  void await_load(Position position, Stream& stream);
  void tell_loaded();
  runtime::Task<void> follow_warehouse();

  runtime::EventLoop& loop_;
  const ReadModel& store_;
  ChangeWatch& watch_;
  LoadedChanges warehouse_;
  std::unordered_multimap<std::string, Stream*> by_customer_;
  std::multimap<Position, Stream*> awaiting_load_;
  runtime::Signal awaited_;
  bool following_warehouse_ = false;
  telemetry::Counter& told_;
  telemetry::Counter& replayed_;
  telemetry::Counter& resets_;
  telemetry::Counter& cut_off_;
  runtime::TaskGroup tasks_;
};

/// What a request for a stream asks for. kInvalid naming the parameter or header.
struct StreamRequest {
  CustomerId customer;
  std::optional<StreamId> after;

  bool operator==(const StreamRequest&) const = default;
};
Result<StreamRequest> parse_stream_request(const http::Request& request);

}  // namespace orderly::orderinfo
