#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "order/order_store.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"

/// Orders in any number, given to the order service's own store as its route gives them: the store
/// makes ids, positions, times and commits.
namespace orderly::bench {

struct Mix {
  std::uint64_t customers = 20'000;
  std::uint64_t products = 100;
  /// One order in ten is of `big-customer`, until it has so many.
  Position big_customer = 0;
};

inline std::string product_id(std::uint64_t number) { return fmt::format("product{:05}", number); }

/// The order that comes at `position`: of any customer and product, on any day of 2021.
inline order::NewOrder make_order(Position position, const Mix& mix, Random& random) {
  const bool big = position % 10 == 0 && position / 10 <= mix.big_customer;
  constexpr Date kFirstDay = std::chrono::sys_days{std::chrono::January / 1 / 2021};
  return {
      .command = {.customer_id = {big ? "big-customer"
                                      : fmt::format("customer{:05}",
                                                    1 + random.below(mix.customers))},
                  .product_id = {product_id(1 + random.below(mix.products))},
                  .number = static_cast<std::int64_t>(1 + random.below(9)),
                  .order_date = kFirstDay + std::chrono::days(static_cast<int>(random.below(365)))},
      .idempotency_key = std::nullopt,
      .trace = TraceContext::start(random)};
}

/// Runs `task` to its end, and the loop for as long.
inline void run_to_end(runtime::AsioEventLoop& loop, runtime::Task<void> task) {
  runtime::TaskGroup tasks(loop);
  tasks.spawn("run to end", std::move(task));
  while (tasks.size() > 0)
    loop.context().run_one();
}

/// Keeps a number of commands under way, as that many connections would, until all are done.
class Filler {
 public:
  /// One command, to its end; false: it was refused.
  using Place = std::function<runtime::Task<bool>(Position number)>;

  Filler(runtime::AsioEventLoop& loop, Place place)
      : loop_(loop), tasks_(loop), place_(std::move(place)) {}

  /// Commands `from`…`to`, on the calling thread. Throws std::runtime_error where one is refused.
  void run(Position from, Position to) {
    next_ = from;
    last_ = to;
    const auto workers = std::min<Position>(kAtOnce, to - from + 1);
    for (Position i = 0; i < workers; ++i)
      tasks_.spawn("fill", work());
    while (tasks_.size() > 0)
      loop_.context().run_one();
    if (refused_) throw std::runtime_error("a command was refused");
  }

 private:
  static constexpr Position kAtOnce = 1024;

  runtime::Task<void> work() {
    while (next_ <= last_ && !refused_) {
      auto placing = place_(next_++);
      const bool placed = co_await std::move(placing);
      if (!placed) refused_ = true;
    }
  }

  runtime::AsioEventLoop& loop_;
  runtime::TaskGroup tasks_;
  Place place_;
  Position next_ = 0;
  Position last_ = 0;
  bool refused_ = false;
};

inline runtime::Task<bool> place_order(order::OrderStore& store, order::NewOrder order) {
  auto appending = store.append(std::move(order));
  const auto placed = co_await std::move(appending);
  co_return placed.has_value();
}

}  // namespace orderly::bench
