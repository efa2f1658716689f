#include "warehouse/own_writes.hpp"

#include <algorithm>

namespace orderly::warehouse {

runtime::Task<Result<void>> OwnWrites::wait_for(events::ConsistencyToken token,
                                                http::Preferences prefer) {
  if (waiting_ >= kMaxWaitingQueries) throw Unavailable("too many queries wait for a write");
  struct Waiting {
    std::size_t& count;
    explicit Waiting(std::size_t& counter) : count(counter) { ++count; }
    ~Waiting() { --count; }
  } const waiting(waiting_);
  const auto wait =
      std::min(prefer.wait.value_or(std::chrono::seconds(0)), http::kMaxPreferredWait);
  Result<void> done;
  if (token.service == events::ConsistencyToken::Service::kOrder) {
    done = co_await wait_for_order(std::move(token), wait);
  } else if (parts_.product_versions != nullptr) {
    // The table is loaded from the product feed itself, whose positions the token names.
    done =
        co_await wait_for_position(*parts_.product_versions, {token.epoch, token.position, Uuid{}},
                                   parts_.loop.steady_now() + wait);
  }
  if (!done && done.error().kind == ErrorKind::kUnavailable && prefer.lenient) {
    co_return Result<void>{};
  }
  co_return done;
}

runtime::Task<Result<void>> OwnWrites::wait_for_order(events::ConsistencyToken token,
                                                      std::chrono::seconds wait) {
  const SteadyTime deadline = parts_.loop.steady_now() + wait;
  const auto settled = co_await parts_.orders.settled(std::move(token), wait);
  if (!settled) co_return std::unexpected(settled.error());
  co_return co_await wait_for_position(parts_.order_information, *settled, deadline);
}

runtime::Task<Result<void>> OwnWrites::wait_for_position(const LoadStatus& status, Cursor goal,
                                                         SteadyTime deadline) {
  for (;;) {
    const auto ticket = status.moved().ticket();
    const auto loaded = status.loaded();
    // A nil epoch: nothing was loaded yet, so what the token names is still to come.
    // Epochs ascend with time: a later one than ours is about to be loaded.
    if (loaded && !loaded->epoch.is_nil() && goal.epoch < loaded->epoch) {
      co_return failure(ErrorKind::kConflict, "epoch_conflict",
                        "The Consistency-Token is of another history than what is loaded.");
    }
    const bool is_of_it = loaded && (loaded->epoch == goal.epoch || goal.position == 0);
    if (is_of_it && loaded->position >= goal.position) co_return Result<void>{};
    if (!co_await status.moved().wait(parts_.loop, ticket, deadline)) {
      co_return failure(ErrorKind::kUnavailable, "not_visible_yet",
                        "The write that the Consistency-Token names has not reached the warehouse "
                        "yet.");
    }
  }
}

}  // namespace orderly::warehouse
