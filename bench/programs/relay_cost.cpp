/// What the relay's work on an event costs where a backlog waits, against none: pages of the same
/// size, in turns, from the outbox of a data directory that was never published from (all of it
/// waits) and from a new one that never has more than that page.
///
///     bench_relay_cost DATA_DIRECTORY SCRATCH_DIRECTORY PAGES

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "app/data_directory.hpp"
#include "broker/embedded/embedded_broker.hpp"
#include "event_publisher/relay.hpp"
#include "order/sqlite/sqlite_order_store.hpp"
#include "orders.hpp"
#include "samples.hpp"

namespace {

using namespace orderly;

std::chrono::nanoseconds cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct Surroundings {
  SystemClock clock;
  runtime::AsioEventLoop loop{clock};
  SeededRandom random{seed_from_system()};
};

/// An order service's store, the relay of its events, and a broker that has seen none of them.
class Outbox {
 public:
  Outbox(Surroundings& around, const std::filesystem::path& orders,
         const std::filesystem::path& broker)
      : around_(around),
        store_(around.loop, {.path = orders.string()}, around.random, metrics_),
        broker_(around.loop,
                {.database = {.path = broker.string(), .synchronous = sqlite::Synchronous::kNormal},
                 .make_push_endpoint = {}},
                around.random, metrics_) {
    const std::string topic(events::OrderPlaced::kTopic);
    if (!broker_.create_view({.name = topic}, source_)) throw std::runtime_error("no topic");
    relay_ = std::make_unique<event_publisher::Relay>(around.loop, source_, broker_, topic,
                                                      around.random, metrics_);
    broker_.start();
  }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox() {
    bench::run_to_end(around_.loop, broker_.stop());
    bench::run_to_end(around_.loop, store_.drain());
  }

  [[nodiscard]] Position backlog() const { return store_.head() - published_; }

  void append_page() {
    bench::Filler filler(around_.loop, [&](Position position) {
      return bench::place_order(store_, bench::make_order(position, {}, around_.random));
    });
    filler.run(store_.head() + 1, store_.head() + static_cast<Position>(events::kMaxFeedPage));
  }

  void relay_page() {
    const auto wall = bench::Clock::now();
    const auto cpu = cpu_time();
    bench::run_to_end(around_.loop, move_page());
    cpu_ += cpu_time() - cpu;
    wall_ += bench::Clock::now() - wall;
  }

  /// Forgets what the first pages cost, which find nothing warm.
  void warmed_up() {
    cpu_ = {};
    wall_ = {};
    counted_from_ = published_;
  }

  [[nodiscard]] std::string to_json() const {
    const auto events = static_cast<double>(published_ - counted_from_);
    return fmt::format(R"({{"events": {}, "cpu_ns": {:.1f}, "wall_ns": {:.1f}}})", events,
                       static_cast<double>(cpu_.count()) / events,
                       static_cast<double>(wall_.count()) / events);
  }

 private:
  runtime::Task<void> move_page() {
    auto moving = relay_->move_batch();
    const auto moved = co_await std::move(moving);
    published_ += static_cast<Position>(moved);
  }

  Surroundings& around_;
  telemetry::Metrics metrics_;
  order::SqliteOrderStore store_;
  events::LocalFeed<events::OrderPlaced> feed_{around_.loop, store_};
  broker::FeedSource<events::OrderPlaced> source_{feed_};
  broker::EmbeddedBroker broker_;
  std::unique_ptr<event_publisher::Relay> relay_;
  Position published_ = 0;
  Position counted_from_ = 0;
  std::chrono::nanoseconds cpu_{0};
  std::chrono::nanoseconds wall_{0};
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) {
    throw std::runtime_error("usage: bench_relay_cost DATA_DIRECTORY SCRATCH_DIRECTORY PAGES");
  }
  const int pages = std::atoi(argv[3]);
  const app::DataDirectory data(argv[1]);
  const std::filesystem::path scratch = argv[2];
  Surroundings around;
  Outbox full(around, data.file("order.db"), scratch / "full-broker.db");
  Outbox empty(around, scratch / "order.db", scratch / "empty-broker.db");
  const Position backlog = full.backlog();
  if (backlog < static_cast<Position>(pages + 1) * static_cast<Position>(events::kMaxFeedPage)) {
    throw std::runtime_error("the backlog is shorter than the pages that are to be relayed");
  }
  for (int page = 0; page <= pages; ++page) {
    full.relay_page();
    empty.append_page();
    empty.relay_page();
    if (page == 0) {
      full.warmed_up();
      empty.warmed_up();
    }
  }
  fmt::print(R"({{"backlog": {}, "full": {}, "empty": {}}})"
             "\n",
             backlog, full.to_json(), empty.to_json());
  return 0;
} catch (const std::exception& error) {
  std::fputs(fmt::format("bench_relay_cost: {}\n", error.what()).c_str(), stderr);
  return 1;
}
