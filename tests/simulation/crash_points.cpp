#include "simulation/crash_points.hpp"

#include <chrono>

#include "simulation/evidence.hpp"
#include "simulation/older_copy.hpp"
#include "telemetry/log.hpp"

namespace orderly::simulation {
namespace {

using namespace std::chrono_literals;
using app::Services;
using runtime::Task;
using testing::Loss;

constexpr std::uint64_t kSeed = 4711;
constexpr auto kPatience = 20min;  ///< virtual
constexpr auto kBringUp = 2s;      ///< virtual; until a process that has nothing to do has begun

Services without_publisher() {
  Services services = Services::all();
  services.event_publisher = false;
  return services;
}
Services without_warehouse() {
  Services services = Services::all();
  services.warehouse = false;
  return services;
}
constexpr Services kStores{.product = true, .order = true};

using Act = std::function<Task<void>(Process&, Customers&)>;

void run(Process& process, Customers& customers, const Act& act) {
  const auto& machine = process.machine();
  process.calm_down();
  const auto down = [&] { return machine.disk.down(); };
  process.loop().run_until(down, machine.clock.steady_now() + kBringUp);
  if (act) process.clients().spawn("act", act(process, customers));
  process.loop().run_until([&] { return down() || process.is_quiet(); },
                           machine.clock.steady_now() + kBringUp);
}

/// A process that nothing happens to, ended by kill -9.
void live(Machine& machine, Customers& customers, Services services, const Act& act) {
  {
    Process process(machine, services);
    run(process, customers, act);
    machine.disk.crash();
  }
  machine.disk.restart(machine.random, Loss::kNothing);
  machine.clock.advance_to(machine.clock.steady_now() + 1s);
}

Task<void> put_one(Process& process, Customers& customers) {
  return customers.put_product(process, 0);
}
Task<void> order_one(Process& process, Customers& customers) {
  return customers.order_new(process, 0);
}
Task<void> push_one(Process& process, Customers& customers) {
  return customers.push_foreign(process);
}
Task<void> use_the_scheduler(Process& process, Customers&) { return use_a_job(process); }
Task<void> trade(Process& process, Customers& customers) {
  for (int i = 0; i < 3; ++i) {
    co_await customers.put_product(process, 0);
    co_await customers.order_new(process, 0);
    co_await customers.order_new(process, 1);  // which has no price
  }
}

Task<void> run_rebuild(Process& process, rebuild::Rebuild& rebuild) {
  static_cast<void>(rebuild.request({}));
  while (rebuild.status().ended == 0 && !process.machine().disk.down())
    co_await process.loop().sleep_for(10ms);
}
Task<void> rebuild_read_model(Process& process, Customers&) {
  return run_rebuild(process, *process.platform().read_model_rebuild());
}
Task<void> rebuild_warehouse(Process& process, Customers&) {
  return run_rebuild(process, *process.platform().warehouse_rebuild());
}

void price(Machine& machine, Customers& customers) { live(machine, customers, kStores, put_one); }
void orders_wait(Machine& machine, Customers& customers) {
  live(machine, customers, kStores, trade);
}
void order_is_parked(Machine& machine, Customers& customers) {
  live(machine, customers, without_publisher(), order_one);
}
void all_is_done(Machine& machine, Customers& customers) {
  live(machine, customers, Services::all(), trade);
}
void keys_have_expired(Machine& machine, Customers& customers) {
  live(machine, customers, kStores, trade);
  machine.clock.advance_to(machine.clock.steady_now() + 25h);
  customers.forget_keys();
}

/// All stores know more than that one does.
void put_back(Machine& machine, Customers& customers, std::string_view store) {
  live(machine, customers, Services::all(), trade);
  const OlderCopy copy(machine, customers);
  live(machine, customers, Services::all(), trade);
  copy.put_back(store);
}
void orders_are_older(Machine& machine, Customers& customers) {
  put_back(machine, customers, "order.db");
}
void products_are_older(Machine& machine, Customers& customers) {
  put_back(machine, customers, "product.db");
}
void read_model_is_older(Machine& machine, Customers& customers) {
  put_back(machine, customers, "orderinfo.db");
}

/// The dangerous life of a hop. Answers how many operations it had.
std::uint64_t live_dangerously(Machine& machine, Customers& customers, const CrashHop& hop,
                               std::uint64_t die_at) {
  if (hop.prepare) hop.prepare(machine, customers);
  machine.watch(hop.file, die_at);
  try {
    Process process(machine, hop.services);
    run(process, customers, hop.act);
    if (hop.stops && !machine.disk.down()) process.stop();
    machine.disk.crash();
  } catch (const Unavailable&) {
    machine.disk.crash();  // it died while it opened its stores
  }
  const std::uint64_t operations = machine.watched();
  machine.stop_watching();
  return operations;
}

std::vector<std::string> judge_afterwards(Machine& machine, Customers& customers, Loss loss) {
  machine.disk.restart(machine.random, loss);
  machine.clock.advance_to(machine.clock.steady_now() + 1s);
  std::vector<std::string> broken;
  Process process(machine);
  settle_and_judge(process, customers, kPatience, broken);
  return broken;
}

void be_silent() {
  log::configure({.level = log::Level::kError, .sink = [](std::string_view) {}});
}

using Prepare = void (*)(Machine&, Customers&);

std::vector<std::string> die_in_warehouse(Prepare prepare, const Act& act, std::uint64_t n,
                                          std::uint64_t& fault_points) {
  be_silent();
  Machine machine(kSeed);
  Customers customers(machine);
  prepare(machine, customers);
  fault_points = 0;
  {
    Process process(machine);
    process.warehouse().on_load([&](auto) {
      if (machine.disk.down()) return true;
      if (fault_points++ != n) return false;
      machine.disk.crash();
      return true;
    });
    run(process, customers, act);
    machine.disk.crash();
  }
  return judge_afterwards(machine, customers, Loss::kNothing);
}

}  // namespace

std::vector<CrashHop> crash_hops() {
  const auto all = Services::all();
  return {
      {.name = "first start, products", .services = all, .file = "product.db"},
      {.name = "first start, orders", .services = all, .file = "order.db"},
      {.name = "first start, read model", .services = all, .file = "orderinfo.db"},
      {.name = "first start, broker", .services = all, .file = "broker.db"},
      {"create a product", {.product = true}, "product.db", nullptr, put_one},
      {"create an order", kStores, "order.db", price, order_one},
      {"close the time of a price", without_publisher(), "product.db", price, order_one},
      {"relay and acknowledge", without_warehouse(), "broker.db", orders_wait},
      {"apply what is delivered", without_warehouse(), "orderinfo.db", orders_wait},
      {"settle the feed", without_publisher(), "orderinfo.db", orders_wait},
      {"release a parked order", without_publisher(), "orderinfo.db", order_is_parked, put_one},
      {"archive a foreign push", without_publisher(), "orderinfo.db", price, push_one},
      {"rebuild the read model", without_publisher(), "orderinfo", all_is_done, rebuild_read_model},
      {"purge idempotency keys", kStores, "order.db", keys_have_expired, order_one},
      {"restart, products", all, "product.db", all_is_done},
      {"restart, orders", all, "order.db", all_is_done},
      {"fork, orders", all, "order.db", orders_are_older, trade},
      {"fork, topics", all, "broker.db", orders_are_older},
      {"fork, orders taken out", all, "orderinfo.db", orders_are_older},
      {"fork, versions taken out", all, "orderinfo.db", products_are_older},
      {"fork, change log", all, "orderinfo.db", read_model_is_older},
      {"make and run a job", all, "scheduler.db", nullptr, use_the_scheduler},
      {"stop", all, "broker.db", all_is_done, trade, true},
  };
}

std::uint64_t count_operations(const CrashHop& hop) {
  be_silent();
  Machine machine(kSeed);
  Customers customers(machine);
  return live_dangerously(machine, customers, hop, 0);
}

std::vector<std::string> die_in(const CrashHop& hop, std::uint64_t n, Loss loss) {
  be_silent();
  Machine machine(kSeed);
  Customers customers(machine);
  live_dangerously(machine, customers, hop, n);
  return judge_afterwards(machine, customers, loss);
}

std::vector<std::string> die_in_load(std::uint64_t n, std::uint64_t& fault_points) {
  return die_in_warehouse(orders_wait, trade, n, fault_points);
}

std::vector<std::string> die_in_warehouse_rebuild(std::uint64_t n, std::uint64_t& fault_points) {
  return die_in_warehouse(all_is_done, rebuild_warehouse, n, fault_points);
}

}  // namespace orderly::simulation
