#include "simulation/simulation.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "base/dates.hpp"
#include "orderinfo/received_message.hpp"
#include "simulation/oracle.hpp"
#include "simulation/process.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_vfs.hpp"
#include "telemetry/log.hpp"

namespace orderly::simulation {
namespace {

using namespace std::chrono_literals;
using runtime::Task;
using testing::SimDisk;

constexpr UtcTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr int kClients = 4;
constexpr int kCallsPerClient = 12;
constexpr std::uint64_t kProducts = 5;
constexpr auto kQuietTime = 20min;  ///< virtual; longer than every back-off together

template <class Event>
std::vector<events::Recorded<Event>> read_all(const events::EventLog<Event>& log) {
  std::vector<events::Recorded<Event>> all;
  Cursor cursor;
  for (;;) {
    auto page = log.read_events(cursor, events::kMaxFeedPage);
    if (!page) throw Unavailable("the feed refused its reader: " + page.error().message);
    if (page->events.empty()) return all;
    cursor = events::cursor_after(*page);
    all.insert(all.end(), page->events.begin(), page->events.end());
  }
}

/// Everything that outlives a process, and the clients.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), report_{.seed = seed} {}

  Report run() {
    const auto lives = 2 + random_.below(4);
    for (std::uint64_t life = 0; life < lives; ++life)
      live_dangerously();
    live_quietly();
    report_.orders = promised_.orders.size();
    report_.foreign = promised_.foreign.size();
    return report_;
  }

 private:
  // --- lives ---------------------------------------------------------------------------------

  void live_dangerously() {
    ++report_.lives;
    plan_dangers();
    try {
      Process process(clock_, random_, vfs_.name(), warehouse_);
      process.warehouse().on_load([this](auto) { return random_.one_in(10); });
      for (int i = 0; i < kClients; ++i) {
        process.clients().spawn("client", act_as_client(process.loop(), process.platform()));
      }
      const auto over = [&] { return disk_.down() || process.clients().size() == 0; };
      process.loop().run_until(over, clock_.steady_now() + 10min);
      if (!disk_.down() && random_.one_in(2)) stop_gracefully(process);
    } catch (const Unavailable&) {
      // A store could not even be opened; the next life tries again.
    }
    end_life();
  }

  void plan_dangers() {
    if (random_.one_in(2)) disk_.crash_at_op(1 + random_.below(600));
    while (random_.one_in(2)) {
      static constexpr testing::DiskOp kOps[] = {testing::DiskOp::kWrite, testing::DiskOp::kSync,
                                                 testing::DiskOp::kRead};
      static constexpr int kCodes[] = {SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ};
      const auto which = random_.below(3);
      disk_.fail_next({.op = kOps[which],
                       .code = which == 0 && random_.one_in(2) ? SQLITE_FULL : kCodes[which],
                       .after = random_.below(400),
                       .times = 1 + random_.below(3)});
    }
  }

  void stop_gracefully(Process& process) {
    bool stopped = false;
    process.clients().spawn("stop", stop(process.platform(), stopped));
    process.loop().run_until([&] { return stopped || disk_.down(); }, clock_.steady_now() + 10min);
  }

  static Task<void> stop(app::Platform& platform, bool& stopped) {
    co_await platform.stop();
    stopped = true;
  }

  /// The process is gone, by a stop, a kill -9 or a power failure; the machine comes back.
  void end_life() {
    const bool crashed = disk_.down();
    report_.crashes += crashed ? 1 : 0;
    const bool power_failed = crashed || random_.one_in(3);
    disk_.restart(random_,
                  power_failed ? testing::power_failure(random_) : testing::Loss::kNothing);
    clock_.advance_to(clock_.steady_now() + std::chrono::seconds(1 + random_.below(30)));
  }

  /// No more dangers: every product comes, everything settles, and the oracle looks.
  void live_quietly() {
    ++report_.lives;
    Process process(clock_, random_, vfs_.name(), warehouse_);
    process.clients().spawn("client", put_every_product(process.loop(), process.platform()));
    const bool quiet = process.loop().run_until(
        [&] { return process.clients().size() == 0 && is_quiet(process.platform()); },
        clock_.steady_now() + kQuietTime);
    if (!quiet) report_.broken.push_back("P7: the pipeline did not come to rest");
    Evidence evidence{.orders = read_all(*process.platform().orders()),
                      .products = read_all(*process.platform().products()),
                      .foreign = process.platform().read_model()->foreign_events(0, 100'000),
                      .read_model = {},
                      .warehouse = warehouse_->rows};
    for (const auto& change : read_all(*process.platform().read_model())) {
      evidence.read_model.push_back(change.data.info);
    }
    report_.products = evidence.products.size();
    for (auto& broken : broken_promises(promised_, evidence))
      report_.broken.push_back(broken);
  }

  bool is_quiet(app::Platform& platform) {
    const auto orders = platform.orders()->read_events({}, 1);
    const auto progress = platform.read_model()->progress();
    return orders && progress.orders.position == orders->head && progress.parked == 0 &&
           warehouse_->position.position == progress.head;
  }

  // --- clients -------------------------------------------------------------------------------

  Task<void> act_as_client(runtime::EventLoop& loop, app::Platform& platform) {
    for (int call = 0; call < kCallsPerClient; ++call) {
      co_await loop.sleep_for(std::chrono::milliseconds(random_.below(40)));
      if (random_.one_in(20)) clock_.jump(std::chrono::milliseconds(random_.below(4000)) - 2s);
      try {
        co_await call_something(platform);
      } catch (const Unavailable&) {
        ++report_.refused;
      }
    }
  }

  Task<void> call_something(app::Platform& platform) {
    switch (random_.below(10)) {
      case 0:
      case 1:
        return put_product(platform, random_.below(kProducts - 1));
      case 2:
        return retry(platform);
      case 3:
        return push_again(platform);
      case 4:
        return push_foreign(platform);
      case 5:
        return publish_now(platform);
      default:
        return order(platform, new_key(), new_order());
    }
  }

  std::string new_key() { return fmt::format("key-{}", ++keys_); }

  /// No two orders of a run are alike, so that each request can be told from the others.
  events::OrderPlaced new_order() {
    return {.order_id = {},
            .customer_id = {fmt::format("customer-{}", ++customers_)},
            .product_id = product_id(random_.below(kProducts)),
            .number = static_cast<std::int64_t>(1 + random_.below(9)),
            .order_date = date_of(kStart) + std::chrono::days(random_.below(40))};
  }

  static ProductId product_id(std::uint64_t number) { return {fmt::format("product-{}", number)}; }

  Task<void> order(app::Platform& platform, std::string key, events::OrderPlaced order) {
    promised_.attempted[key] = order;
    order::PlaceOrder command{order.customer_id, order.product_id, order.number, order.order_date};
    const auto fingerprint = order::fingerprint_of(command);
    const auto placed = co_await platform.orders()->append(
        {.command = command, .idempotency_key = IdempotencyKey{key, fingerprint}, .trace = {}});
    if (!placed) {
      report_.broken.push_back("an order was refused: " + placed.error().message);
      co_return;
    }
    const auto& id = placed->order.order_id.value;
    promised_.orders[id] = placed->order;
    const auto [known, first] = promised_.keys.emplace(key, id);
    if (!first && known->second != id) {
      report_.broken.push_back("P2: the key " + key + " was answered with two orders");
    }
  }

  /// A client that got no answer, or did not believe it, sends the same again.
  Task<void> retry(app::Platform& platform) {
    if (promised_.attempted.empty()) co_return;
    auto attempt = promised_.attempted.begin();
    std::advance(attempt, random_.below(promised_.attempted.size()));
    const auto [key, request] = *attempt;
    co_await order(platform, key, request);
  }

  Task<void> put_product(app::Platform& platform, std::uint64_t number) {
    const auto price = static_cast<std::int64_t>(random_.below(1000));
    const auto put = co_await platform.products()->put(
        {.command = {product_id(number), fmt::format("Product {} at {}", number, price), price},
         .idempotency_key = std::nullopt,
         .trace = {}});
    if (!put) report_.broken.push_back("a product was refused: " + put.error().message);
  }

  Task<void> put_every_product(runtime::EventLoop& loop, app::Platform& platform) {
    for (std::uint64_t number = 0; number < kProducts; ++number) {
      for (bool put = false; !put;) {
        try {
          co_await put_product(platform, number);
          put = true;
        } catch (const Unavailable&) {
          ++report_.refused;
        }
        if (!put) co_await loop.sleep_for(1s);
      }
    }
  }

  /// A broker delivers an event again, late, or before its turn.
  Task<void> push_again(app::Platform& platform) {
    const auto page = platform.orders()->read_events({}, events::kMaxFeedPage);
    if (!page || page->events.empty()) co_return;
    const auto& event = page->events[random_.below(page->events.size())];
    auto message = events::to_message(page->epoch, event);
    message.publish_time = clock_.utc_now();
    co_await platform.projector()->push(orderinfo::receive(message));
  }

  /// An order of another order service, as the lab's own publisher sends it; sometimes twice.
  Task<void> push_foreign(app::Platform& platform) {
    auto order = new_order();
    order.order_id = {fmt::format("foreign-{}", ++customers_)};
    events::Message message;
    events::append_json(message.data, order);
    message.attributes.set(events::kEventTypeAttribute, std::string(events::OrderPlaced::kType));
    message.attributes.set(events::kEventIdAttribute, ids_.next(clock_.utc_now()).to_string());
    message.publish_time = clock_.utc_now();
    const bool twice = random_.one_in(3);
    co_await platform.projector()->push(orderinfo::receive(message));
    promised_.foreign[order.order_id.value] = order;
    if (twice) co_await platform.projector()->push(orderinfo::receive(message));
  }

  static Task<void> publish_now(app::Platform& platform) {
    co_await platform.order_relay()->publish_now();
  }

  SeededRandom random_;
  Report report_;
  testing::SimClock clock_{kStart};
  UuidSource ids_{random_};
  SimDisk disk_;
  testing::SimVfs vfs_{"simulation", disk_, clock_, random_};
  std::shared_ptr<testing::MemoryWarehouse::Storage> warehouse_ =
      std::make_shared<testing::MemoryWarehouse::Storage>();
  Promised promised_;
  int keys_ = 0;
  int customers_ = 0;
};

}  // namespace

std::string Report::to_string() const {
  auto text = fmt::format(
      "seed {}: {} lives, {} crashes, {} orders, {} product versions, {} foreign orders, {} calls "
      "refused",
      seed, lives, crashes, orders, products, foreign, refused);
  for (const auto& one : broken)
    text += "\n  " + one;
  return text;
}

Report simulate(std::uint64_t seed) {
  // What goes wrong is what a run is about; its log would only bury the report.
  if (std::getenv("ORDERLY_SIMULATION_LOG") == nullptr) {
    log::configure({.level = log::Level::kError, .sink = [](std::string_view) {}});
  }
  return World(seed).run();
}

}  // namespace orderly::simulation
