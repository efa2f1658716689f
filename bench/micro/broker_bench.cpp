// What the embedded broker costs without HTTP: delivery within the process over a view, and what
// many topics and subscriptions cost. Run in the directory whose disk is to be measured.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "broker/embedded/embedded_broker.hpp"
#include "runtime/on_loop.hpp"
#include "runtime/task_group.hpp"

namespace orderly::broker {
namespace {

std::filesystem::path make_folder() {
  std::string name = "broker-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

/// Nothing is ever read from it: what is measured stays in memory.
struct NoSource final : MessageSource {
  runtime::Task<Result<MessagePage>> read(Cursor, std::size_t, std::chrono::milliseconds) override {
    throw Unavailable("no source");
    co_return MessagePage{};
  }
};

struct Taker final : Endpoint {
  runtime::Task<std::vector<Outcome>> deliver(std::span<const Delivery> batch) override {
    taken += static_cast<std::int64_t>(batch.size());
    co_return std::vector<Outcome>(batch.size());
  }
  std::int64_t taken = 0;
};

struct Bench {
  Bench() { open(); }
  ~Bench() {
    run(broker->stop());
    broker.reset();
    std::filesystem::remove_all(folder);
  }
  void open() {
    broker = std::make_unique<EmbeddedBroker>(
        loop,
        EmbeddedBroker::Options{.database = {.path = (folder / "broker.db").string()},
                                .make_push_endpoint = {}},
        random, metrics);
  }

  template <class T>
  runtime::Task<void> keep(runtime::Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
    } else if (!co_await std::move(task)) {
      std::abort();
    }
    running = false;
  }
  template <class T>
  void run(runtime::Task<T> task) {
    running = true;
    tasks.spawn("bench", keep(std::move(task)));
    while (running)
      loop.context().run_one();
  }

  std::vector<events::Message> feed_messages(std::size_t count) {
    std::vector<events::Message> messages(count);
    for (auto& message : messages) {
      message.data = std::string(180, 'x');
      message.attributes.set("event_type", "order_create");
      message.attributes.set("epoch", "0190b3a0-0000-7000-8000-000000000001");
      message.attributes.set("position", std::to_string(++position));
      message.ordering_key = "order-" + std::to_string(position);
    }
    return messages;
  }

  std::filesystem::path folder = make_folder();
  SystemClock clock;
  runtime::AsioEventLoop loop{clock};
  SeededRandom random{1};
  telemetry::Metrics metrics;
  std::unique_ptr<EmbeddedBroker> broker;
  runtime::TaskGroup tasks{loop};
  NoSource source;
  Position position = 0;
  bool running = false;
};

void deliver_in_process(benchmark::State& state) {
  Bench bench;
  Taker taker;
  if (!bench.broker->create_view({"orders"}, bench.source)) std::abort();
  bench.run(bench.broker->create_subscription({.name = "sub", .topic = "orders"}));
  bench.run(bench.broker->attach("sub", taker));
  bench.broker->start();
  for (auto _ : state) {
    state.PauseTiming();
    auto messages = bench.feed_messages(static_cast<std::size_t>(state.range(0)));
    state.ResumeTiming();
    bench.run(bench.broker->publish("orders", std::move(messages)));
    while (taker.taken < bench.position)
      bench.loop.context().run_one();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(deliver_in_process)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

#ifndef ORDERLY_BENCH_BASELINE
SubscriptionConfig pulled(int number, const std::string& topic) {
  return {.name = "sub-" + std::to_string(number), .topic = topic, .delivery = Pull{}};
}

/// Messages of 1 to a topic that so many subscriptions wait on, whom nobody pulls from.
void append_to_many_subscriptions(benchmark::State& state) {
  Bench bench;
  bench.run(bench.broker->create_topic({"stored"}));
  bench.broker->start();
  const auto count = static_cast<int>(state.range(0));
  for (int i = 0; i < count; ++i)
    bench.run(bench.broker->create_subscription(pulled(i, "stored")));
  for (auto _ : state) {
    std::vector<events::Message> one(1);
    one[0].data = "x";
    bench.run(bench.broker->append("stored", std::move(one)));
  }
}
BENCHMARK(append_to_many_subscriptions)
    ->Arg(1)
    ->Arg(5000)
    ->UseRealTime()
    ->Iterations(200)
    ->Unit(benchmark::kMicrosecond);

void create_subscriptions(benchmark::State& state) {
  Bench bench;
  bench.run(bench.broker->create_topic({"stored"}));
  bench.broker->start();
  int number = 0;
  for (auto _ : state)
    bench.run(bench.broker->create_subscription(pulled(number++, "stored")));
}
BENCHMARK(create_subscriptions)->UseRealTime()->Iterations(5000)->Unit(benchmark::kMicrosecond);

void create_topics(benchmark::State& state) {
  Bench bench;
  bench.broker->start();
  int number = 0;
  for (auto _ : state)
    bench.run(bench.broker->create_topic({"topic-" + std::to_string(number++)}));
}
BENCHMARK(create_topics)->UseRealTime()->Iterations(5000)->Unit(benchmark::kMicrosecond);

void start_with_many(benchmark::State& state) {
  Bench bench;
  for (int i = 0; i < state.range(0); ++i) {
    const std::string topic = "topic-" + std::to_string(i);
    bench.run(bench.broker->create_topic({topic}));
    bench.run(bench.broker->create_subscription(pulled(i, topic)));
  }
  for (auto _ : state) {
    state.PauseTiming();
    bench.run(bench.broker->stop());
    bench.broker.reset();
    state.ResumeTiming();
    bench.open();
  }
}
BENCHMARK(start_with_many)->Arg(5000)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);
#endif

}  // namespace
}  // namespace orderly::broker
