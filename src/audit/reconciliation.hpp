#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "audit/digest.hpp"
#include "audit/report.hpp"
#include "audit/sides.hpp"
#include "events/feed.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::audit {

/// What is compared. All outlive the reconciliation.
struct Sides {
  events::Feed<events::OrderPlaced>& orders;
  events::Feed<events::OrderInfoPut>& changes;
  ReadModelSide& read_model;
  WarehouseSide* warehouse = nullptr;  ///< null: the warehouse is not compared
};

/// How far a run is, for whoever waits. Any thread reads.
struct RunProgress {
  enum class Phase : std::uint8_t {
    kWaiting,
    kWarehouse,
    kReadModel,
    kOrders,
    kDifferences,
    kRepair
  };
  std::atomic<Phase> phase{Phase::kWaiting};
  std::atomic<std::int64_t> done{0};  ///< rows of this phase
  std::atomic<std::int64_t> of{0};    ///< of so many; 0: not known
};
std::string_view to_string(RunProgress::Phase phase);

struct RunOptions {
  bool repair = false;
  /// The share of the time in which it works; it sleeps the rest. 0 < duty ≤ 1.
  double duty = 1.0;
  /// How long to wait for the read model and the warehouse to have what was accepted before.
  std::chrono::milliseconds patience{60'000};
};

/// Rows of differing buckets that are held in memory at once.
inline constexpr std::size_t kMaxSuspects = 100'000;

/// One comparison of all orders that were accepted before it began with what became of them, while
/// everything goes on.
///
/// Every side is read once and summed up in buckets; only the rows of buckets that differ are then
/// looked at one by one, and what differs is judged by what stands there now, so that a change in
/// between is no difference. Memory is bounded by kBuckets and kMaxSuspects, whatever there is.
class Reconciliation {
 public:
  Reconciliation(runtime::EventLoop& loop, Sides sides, RunOptions options, RunProgress& progress);

  /// Once. On the loop. A side that cannot be read makes the report incomplete.
  runtime::Task<Report> run();

 private:
  using Order = events::Recorded<events::OrderPlaced>;
  struct Suspect {
    Position position = 0;  ///< in the order feed
    bool accepted = false;
    std::uint64_t order_hash = 0;
    bool has_row = false;
    std::uint64_t row_order_hash = 0;
    std::uint64_t row_hash = 0;
    std::vector<std::uint64_t> warehouse;
  };
  using Suspects = std::unordered_map<std::string, Suspect>;

  /// Orders with their positions in the feed.
  using Suspected = std::vector<std::pair<std::string, Position>>;

  runtime::Task<void> compare();
  runtime::Task<void> begin();
  runtime::Task<Result<events::FeedPage<events::OrderPlaced>>> read_from_settled(
      SteadyTime deadline);
  runtime::Task<void> sum_up();

  runtime::Task<void> scan_orders(std::function<void(const Order&)> visit);
  runtime::Task<void> scan_rows(std::function<void(const events::OrderInfo&)> visit);
  runtime::Task<void> pace(SteadyTime began);
  [[nodiscard]] bool in_scope(const std::string& order_id) const;

  /// The differing buckets, so many at a time that their rows fit.
  [[nodiscard]] std::vector<std::vector<std::size_t>> groups() const;
  runtime::Task<void> look_at(std::vector<std::size_t> buckets);
  runtime::Task<void> judge(const Suspects& suspects);
  void judge_row(const std::string& order_id, const Suspect& suspect);
  runtime::Task<void> judge_warehouse(Suspected orders);
  static std::optional<Kind> compare_one(const std::optional<events::OrderInfo>& row,
                                         const std::vector<std::uint64_t>& there);
  void differs(Kind kind, const std::string& order_id, Position position);
  runtime::Task<void> repair();
  runtime::Task<void> write_again(std::vector<Order> events);

  runtime::EventLoop& loop_;
  Sides sides_;
  RunOptions options_;
  RunProgress& progress_;
  Report report_;

  Uuid epoch_;              ///< of the order feed
  std::string last_order_;  ///< order_id of the last order compared
  Digest orders_;
  Digest row_orders_;  ///< what the rows say of the orders
  Digest rows_;
  Digest warehouse_;
  std::unordered_map<std::string, Position> to_repair_;
};

}  // namespace orderly::audit
