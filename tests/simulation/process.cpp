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

template <class Store>
static Position head_of(Store* store) {
  if (store == nullptr) return 0;
  const auto page = store->read_events({}, 1);
  return page ? page->head : 0;
}

bool Process::is_quiet() {
  if (clients_->size() > 0) return false;
  const Position orders = head_of(platform_->orders());
  const Position products = head_of(platform_->products());
  if (const auto* model = platform_->read_model()) {
    const auto progress = model->progress();
    if (progress.orders.position != orders || progress.parked != 0) return false;
    if (progress.products.position != products) return false;
    if (services_.warehouse && warehouse_.position().position != progress.head) return false;
  }
  if (platform_->broker() == nullptr) return true;
  return machine_.audit.missing(std::string(OrderPlaced::kTopic), orders) == 0 &&
         machine_.audit.missing(std::string(ProductPut::kTopic), products) == 0 &&
         machine_.jobs.is_quiet();
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
