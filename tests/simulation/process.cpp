#include "simulation/process.hpp"

#include <utility>
#include <vector>

namespace orderly::simulation {

using namespace std::chrono_literals;
using events::OrderPlaced;
using events::ProductPut;
using runtime::Task;

Process::Process(Machine& machine, app::Services services)
    : machine_(machine),
      services_(services),
      warehouse_(machine.warehouse),
      loop_(std::make_unique<testing::SimLoop>(machine.clock)),
      job_calls_(std::make_unique<JobCalls>(machine, router_, *loop_)),
      clients_(std::make_unique<runtime::TaskGroup>(*loop_)),
      subscribing_(std::make_unique<runtime::TaskGroup>(*loop_)) {
  app::NodeOptions options;
  options.services = services;
  options.audit_minutes = 0;  // the warehouse of the simulation does not know SQL
  platform_ = std::make_unique<app::Platform>(
      app::Seams{.front = *loop_,
                 .background = *loop_,
                 .audit = *loop_,
                 .front_random = machine.random,
                 .background_random = machine.random,
                 .metrics = metrics_,
                 .vfs = machine.vfs.name(),
                 .file = [](const std::string& name) { return name; },
                 .jobs = job_calls_.get()},
      options, services.warehouse ? &warehouse_ : nullptr);
  machine_.jobs.begin_life();
  platform_->add_routes(router_);
  platform_->start();
  if (platform_->broker() != nullptr) subscribe();
}

Process::~Process() {
  // What waits goes first; what that leaves in the queue refers to things that are gone by then, so
  // the loop itself is kept to the end, as the memory of a dead process is nobody's business.
  static auto* const dead_loops = new std::vector<std::unique_ptr<testing::SimLoop>>;
  loop_->kill();
  platform_.reset();
  subscribing_.reset();
  clients_.reset();
  courier_.reset();
  job_calls_.reset();
  dead_loops->push_back(std::move(loop_));
}

void Process::subscribe() {
  const auto subscriber = [this](std::string_view topic) {
    return std::make_unique<Subscriber>(machine_.audit, std::string(topic), *loop_,
                                        machine_.random);
  };
  orders_ = subscriber(OrderPlaced::kTopic);
  products_ = subscriber(ProductPut::kTopic);
  courier_ = std::make_unique<Courier>(router_, *loop_, machine_.random);
  const std::string order_topic(OrderPlaced::kTopic);
  subscribing_->spawn("audit orders", attach({"audit-orders", order_topic, *orders_}));
  subscribing_->spawn("audit products",
                      attach({"audit-products", std::string(ProductPut::kTopic), *products_}));
  if (platform_->projector() != nullptr) {
    subscribing_->spawn("courier", attach({"courier", order_topic, *courier_}));
  }
}

Task<void> Process::attach(Attached attached) {
  broker::SubscriptionConfig config{.name = attached.subscription, .topic = attached.topic};
  config.start = broker::StartAt::kBeginning;
  for (bool done = false; !done;) {
    try {
      const auto made = co_await platform_->broker()->create_subscription(config);
      done = made && co_await platform_->broker()->attach(config.name, attached.endpoint);
    } catch (const Unavailable&) {
      // The disk had a bad moment.
    }
    if (!done) co_await loop_->sleep_for(1s);
  }
}

void Process::calm_down() {
  job_calls_->calm_down();
  if (orders_ == nullptr) return;
  orders_->calm_down();
  products_->calm_down();
  courier_->calm_down();
}

namespace {

template <class Log>
Position head_of(const Log* log) {
  if (log == nullptr) return 0;
  const auto page = log->read_events({}, 1);
  return page ? page->head : 0;
}

enum class Stands : std::uint8_t { kElsewhere, kBehind, kAtTheHead };

/// Where a reader stands in a log: kElsewhere in the history of before its store was put back.
template <class Log>
Stands standing_of(const Cursor& reader, const Log* log) {
  if (log == nullptr) return Stands::kAtTheHead;
  const auto page = log->read_events(reader, 1);
  if (!page) return Stands::kElsewhere;
  return page->events.empty() ? Stands::kAtTheHead : Stands::kBehind;
}

}  // namespace

bool Process::is_quiet() {
  if (clients_->size() > 0) return false;
  if (const auto* model = platform_->read_model()) {
    const auto progress = model->progress();
    if (progress.parked != 0) return false;
    if (standing_of(progress.orders, platform_->orders()) != Stands::kAtTheHead) return false;
    if (standing_of(progress.products, platform_->products()) != Stands::kAtTheHead) return false;
    if (services_.warehouse && standing_of(warehouse_.position(), model) != Stands::kAtTheHead)
      return false;
  }
  if (platform_->broker() == nullptr) return true;
  const auto missing = [&](std::string_view topic, Position head) {
    return machine_.audit.missing(std::string(topic), head);
  };
  return missing(OrderPlaced::kTopic, head_of(platform_->orders())) == 0 &&
         missing(ProductPut::kTopic, head_of(platform_->products())) == 0 &&
         machine_.jobs.is_quiet();
}

Process::Followed Process::followed() {
  const auto progress = platform_->read_model()->progress();
  try {
    return {
        .orders = standing_of(progress.orders, platform_->orders()) != Stands::kElsewhere,
        .products = standing_of(progress.products, platform_->products()) != Stands::kElsewhere};
  } catch (const Unavailable&) {
    return {};  // nobody can tell
  }
}

namespace {

Task<void> stop_platform(app::Platform& platform, bool& stopped) {
  co_await platform.drain();
  co_await platform.stop();
  stopped = true;
}

}  // namespace

bool Process::stop() {
  bool stopped = false;
  subscribing_->stop();
  clients_->spawn("stop", stop_platform(*platform_, stopped));
  const auto over = [&] { return stopped || machine_.disk.down(); };
  loop_->run_until(over, machine_.clock.steady_now() + 10min);
  return stopped;
}

}  // namespace orderly::simulation
