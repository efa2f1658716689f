#include "orderinfo/read_model_rebuild.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <functional>
#include <string>
#include <utility>

#include "base/dates.hpp"
#include "json/writer.hpp"
#include "runtime/on_loop.hpp"
#include "telemetry/log.hpp"

namespace orderly::orderinfo {
namespace {

namespace asio = boost::asio;

/// Between two tries of what must succeed.
constexpr std::chrono::milliseconds kRetry{500};

std::string json_of(const Difference::Side& side) {
  if (side.standing == Standing::kUnknown) return {};
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("state", side.row ? "visible" : "parked");
  if (side.row) {
    writer.member("accepted_at", format_rfc3339(side.accepted_at));
    std::string row;
    events::append_json(row, *side.row);
    writer.key("row").raw(row);
  }
  writer.end_object();
  return text;
}

}  // namespace

void ReadModelRebuild::use(std::unique_ptr<Twin> twin) {
  feeder_.reset();
  twin_ = std::move(twin);
  if (twin_) feeder_.emplace(*twin_, parts_.orders, parts_.products);
}

Twin& ReadModelRebuild::twin() const {
  if (twin_) return *twin_;
  throw rebuild::OtherHistory("the second read model could not take over and was removed: " +
                              why_removed_);
}

runtime::Task<std::optional<UtcTime>> ReadModelRebuild::open_kept() {
  auto kept = parts_.host.kept();
  if (!kept.twin) co_return std::nullopt;
  use(std::move(kept.twin));
  co_return kept.until;
}

runtime::Task<void> ReadModelRebuild::create() {
  use(parts_.host.create());
  co_return;
}

runtime::Task<void> ReadModelRebuild::remove() {
  use(nullptr);
  parts_.host.remove();
  co_return;
}

runtime::Task<rebuild::Progress> ReadModelRebuild::fill() {
  Twin& second = twin();
  const std::size_t moved = co_await feeder_->step();
  const Stand own = second.stand();
  const Stand live = second.live_stand();
  co_return rebuild::Progress{.more = moved > 0,
                              .done = own.orders.position + own.foreign,
                              .of = live.orders.position + live.foreign};
}

runtime::Task<void> ReadModelRebuild::finish() {
  twin().finish();
  co_return;
}

runtime::Task<bool> ReadModelRebuild::follow() {
  static_cast<void>(twin());
  std::size_t most = 0;
  for (int kind = 0; kind < TwinFeeder::kKinds; ++kind) {
    const std::size_t moved = co_await feeder_->step();
    most = std::max(most, moved);
  }
  co_return most >= events::kMaxFeedPage;
}

runtime::Task<std::int64_t> ReadModelRebuild::behind() {
  const Stand own = twin().stand();
  const Stand live = twin().live_stand();
  const auto lacks = [](Position head, Position position) {
    return std::max<Position>(0, head - position);
  };
  co_return lacks(live.orders.position, own.orders.position) +
      lacks(live.products.position, own.products.position) + lacks(live.foreign, own.foreign);
}

runtime::Task<rebuild::Progress> ReadModelRebuild::compare() {
  Twin& second = twin();
  const bool through = second.compare(TwinFeeder::kStep);
  const rebuild::Progress progress{
      .more = !through, .done = second.compared(), .of = second.stand().log};
  if (through) second.recheck();
  co_return progress;
}

runtime::Task<std::size_t> ReadModelRebuild::differences() { co_return twin().differences(); }

runtime::Task<std::vector<rebuild::Difference>> ReadModelRebuild::first_differences(
    std::size_t limit) {
  std::vector<rebuild::Difference> found;
  for (const Difference& one : twin().first_differences(limit)) {
    found.push_back({.table = {},
                     .key = one.order.value,
                     .live = json_of(one.live),
                     .rebuilt = json_of(one.twin)});
  }
  co_return found;
}

runtime::Task<bool> ReadModelRebuild::swap(bool although_it_differs) {
  static_cast<void>(twin());
  bool swapped = false;
  std::function<runtime::Task<void>()> work = [this, although_it_differs, &swapped] {
    return swap_while_held(although_it_differs, swapped);
  };
  auto held = parts_.projector.hold(std::move(work));
  co_await runtime::on_loop(parts_.projector_loop, std::move(held));
  co_return swapped;
}

/// On the projector's loop, with nothing being applied.
runtime::Task<void> ReadModelRebuild::swap_while_held(bool although_it_differs, bool& swapped) {
  // Once decided it is carried through: the live one must not go on as if nothing had happened.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto task = promote(although_it_differs);
  const bool promoted = co_await runtime::on_loop(parts_.loop, std::move(task));
  if (!promoted) co_return;
  co_await serve_promoted();
  swapped = true;
}

/// On the rebuild's loop.
runtime::Task<bool> ReadModelRebuild::promote(bool although_it_differs) {
  for (std::size_t moved = 1; moved > 0;)
    moved = co_await feeder_->step();
  twin_->recheck();
  if (!although_it_differs && twin_->differences() > 0) co_return false;
  std::exception_ptr failed;
  try {
    twin_->promote();
  } catch (const Unavailable& unavailable) {
    failed = std::current_exception();
    why_removed_ = unavailable.what();
  }
  use(nullptr);
  if (failed) {
    co_await remove_for_sure();  // before the live one goes on: it may have been promoted
    std::rethrow_exception(failed);
  }
  co_return true;
}

runtime::Task<void> ReadModelRebuild::remove_for_sure() {
  for (;;) {
    std::string problem;
    try {
      parts_.host.remove();
      co_return;
    } catch (const Unavailable& unavailable) {
      problem = unavailable.what();
    }
    log::error("a read model that could not take over cannot be removed, trying again",
               {{"error", problem}});
    co_await parts_.loop.sleep_for(kRetry);
  }
}

/// On the projector's loop.
runtime::Task<void> ReadModelRebuild::serve_promoted() {
  for (;;) {
    std::string problem;
    try {
      parts_.host.serve_promoted();
      co_return;
    } catch (const Unavailable& unavailable) {
      problem = unavailable.what();
    }
    log::error("the promoted read model cannot be opened, trying again", {{"error", problem}});
    co_await parts_.projector_loop.sleep_for(kRetry);
  }
}

runtime::Task<void> ReadModelRebuild::keep(UtcTime until) {
  use(parts_.host.keep(until));
  co_return;
}

}  // namespace orderly::orderinfo
