#include "simulation/simulation.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>

#include "simulation/evidence.hpp"
#include "simulation/older_copy.hpp"
#include "telemetry/log.hpp"

namespace orderly::simulation {
namespace {

using namespace std::chrono_literals;
using runtime::Task;
using testing::DiskOp;

constexpr int kClients = 4;
constexpr int kCallsPerClient = 12;
constexpr int kJobCalls = 4;
constexpr auto kLongestLife = 10min;  ///< virtual
constexpr auto kQuietTime = 20min;    ///< virtual; longer than every back-off together

class World {
 public:
  explicit World(std::uint64_t seed) : machine_(seed), operator_(seed + 1), report_{.seed = seed} {}

  Report run() {
    const auto lives = 2 + random().below(4);
    for (std::uint64_t life = 0; life < lives; ++life)
      live_dangerously();
    live_quietly();
    report_.orders = customers_.promised().orders.size();
    report_.foreign = customers_.promised().foreign.size();
    report_.calls = customers_.calls();
    report_.refused = customers_.refused();
    report_.deliveries = machine_.audit.deliveries();
    report_.job_calls = machine_.jobs.calls();
    report_.history = machine_.history.digest();
    return report_;
  }

 private:
  Random& random() { return machine_.random; }
  testing::SimClock& clock() { return machine_.clock; }

  void live_dangerously() {
    ++report_.lives;
    plan_dangers();
    try {
      Process process(machine_);
      process.warehouse().on_load([this](auto) { return random().one_in(10); });
      for (int i = 0; i < kClients; ++i) {
        process.clients().spawn("customer", customers_.act(process, kCallsPerClient));
      }
      process.clients().spawn("operator", rebuild_now_and_then(process));
      process.clients().spawn("job owner", own_jobs(process, kJobCalls));
      process.clients().spawn("clock", set_the_clock(process.loop()));
      process.clients().spawn("operator", redrive_letters(process));
      constexpr std::size_t kEndless = 2;
      const auto over = [&] {
        return machine_.disk.down() || process.clients().size() == kEndless;
      };
      process.loop().run_until(over, clock().steady_now() + kLongestLife);
      report_.pushes += process.pushes();
      report_.crashes += machine_.disk.down() ? 1 : 0;
      const bool stopped = !machine_.disk.down() && random().one_in(2) && process.stop();
      // Who is killed does not even close its files.
      if (!stopped) machine_.disk.crash();
      power_fails_ = !stopped || random().one_in(3);
    } catch (const Unavailable&) {
      // A store could not even be opened; the next life tries again.
      power_fails_ = true;
    }
    end_life();
  }

  /// Somebody sets it now and then, until the process ends.
  Task<void> set_the_clock(runtime::EventLoop& loop) {
    for (;;) {
      co_await loop.sleep_for(std::chrono::milliseconds(random().below(500)));
      if (!random().one_in(4)) continue;
      // Mostly as NTP does it, sometimes as an operator does.
      const auto widest = random().one_in(8) ? kWidestJump : 4s;
      const auto half = std::chrono::milliseconds(widest) / 2;
      const auto by = std::chrono::milliseconds(
          random().below(static_cast<std::uint64_t>(std::chrono::milliseconds(widest).count())));
      clock().jump(by - half);
      ++report_.clock_jumps;
      // What was accepted while it ran ahead waits until it is there again (ADR 0018).
      ahead_ += std::chrono::abs(by - half);
      machine_.set_back += std::max(half - by, std::chrono::milliseconds(0));
    }
  }

  /// An operator redrives dead letters or rehearses it, whatever goes on, until the process ends.
  Task<void> redrive_letters(Process& process) {
    auto& projector = *process.platform().projector();
    auto& read_model = *process.platform().read_model();
    for (;;) {
      co_await process.loop().sleep_for(std::chrono::milliseconds(operator_.below(400)));
      const auto run = operator_.one_in(3) ? orderinfo::Projector::Run::kRehearsal
                                           : orderinfo::Projector::Run::kForReal;
      std::vector<std::int64_t> numbers;
      try {
        for (const auto& kept : read_model.dead_letters({.limit = 1 + operator_.below(20)}))
          numbers.push_back(kept.number);
        co_await projector.redrive(std::move(numbers), run);
      } catch (const Unavailable&) {
        // The disk or the product service; the operator tries again.
      }
    }
  }

  /// Somebody makes the read model or the warehouse anew, swaps, goes back, and changes their mind.
  Task<void> rebuild_now_and_then(Process& process) {
    using Action = rebuild::Command::Action;
    static constexpr Action kActions[] = {Action::kStart, Action::kStart,    Action::kStart,
                                          Action::kSwap,  Action::kRollback, Action::kCancel,
                                          Action::kDrop};
    for (auto commands = operator_.below(16); commands > 0; --commands) {
      co_await process.loop().sleep_for(std::chrono::milliseconds(operator_.below(1'000)));
      const rebuild::Command command{.action = kActions[operator_.below(std::size(kActions))],
                                     .swap_when_equal = !operator_.one_in(4),
                                     .keep = std::chrono::seconds(operator_.below(30))};
      auto* const rebuild = operator_.one_in(2) ? process.platform().warehouse_rebuild()
                                                : process.platform().read_model_rebuild();
      const auto taken = rebuild->request(command);
      if (taken) machine_.history.note("rebuild command");
    }
  }

  void plan_dangers() {
    auto& disk = machine_.disk;
    // Some lives end while they are still opening their stores.
    if (random().one_in(2)) {
      disk.crash_at_op(1 + random().below(random().one_in(4) ? 40 : 600));
    }
    while (random().one_in(2)) {
      disk.fail_next(some_fault());
      ++report_.faults;
    }
    machine_.slow_one_in = random().one_in(3) ? 20 + random().below(200) : 0;
  }

  testing::DiskFault some_fault() {
    static constexpr std::pair<DiskOp, int> kFaults[] = {
        {DiskOp::kWrite, SQLITE_IOERR_WRITE},       {DiskOp::kWrite, SQLITE_FULL},
        {DiskOp::kSync, SQLITE_IOERR_FSYNC},        {DiskOp::kRead, SQLITE_IOERR_READ},
        {DiskOp::kTruncate, SQLITE_IOERR_TRUNCATE}, {DiskOp::kCreate, SQLITE_CANTOPEN},
        {DiskOp::kDelete, SQLITE_IOERR_DELETE}};
    static constexpr const char* kFiles[] = {"", "", "-wal", "order.db-wal", "orderinfo.db-wal"};
    const auto& [op, code] = kFaults[random().below(std::size(kFaults))];
    const bool storm = random().one_in(8);
    return {.op = op,
            .code = code,
            .after = random().below(400),
            .times = storm ? 30 : 1 + random().below(3),
            .suffix = kFiles[random().below(std::size(kFiles))]};
  }

  /// The process is gone, by a stop, a kill -9 or a power failure; the machine comes back.
  void end_life() {
    const bool power_failed = power_fails_ && !random().one_in(4);
    machine_.disk.restart(
        random(), power_failed ? testing::power_failure(random()) : testing::Loss::kNothing);
    clock().advance_to(clock().steady_now() + std::chrono::seconds(1 + random().below(30)));
    machine_.slow_one_in = 0;
    if (copy_ && random().one_in(4)) {
      put_back_something();
    } else if (random().one_in(3)) {
      copy_.emplace(machine_, customers_);
    }
  }

  void put_back_something() {
    const auto& stores = OlderCopy::kStores;
    const bool all = random().one_in(4);
    const auto chosen = stores[random().below(std::size(stores))];
    for (const auto store : stores) {
      if (!all && store != chosen) continue;
      ++report_.put_back;
      copy_->put_back(store);
    }
    // It takes its time, and no clock is behind what it has been.
    clock().advance_to(clock().steady_now() + ahead_ + 30s);
  }

  /// No more dangers: every product comes, everything settles, and the oracle looks.
  void live_quietly() {
    ++report_.lives;
    Process process(machine_);
    report_.products = settle_and_judge(process, customers_, kQuietTime + ahead_, report_.broken);
    report_.pushes += process.pushes();
  }

  static constexpr std::chrono::seconds kWidestJump{300};

  Machine machine_;
  SeededRandom operator_;  // of its own, so that what it does is not what others would have done
  Report report_;
  Customers customers_{machine_};
  std::optional<OlderCopy> copy_;
  std::chrono::milliseconds ahead_{0};
  bool power_fails_ = false;
};

}  // namespace

std::string Report::to_string() const {
  auto text = fmt::format(
      "seed {}: {} lives, {} crashes, {} faults, {} clock jumps, {} stores put back, {} orders, "
      "{} product versions, "
      "{} foreign orders, {} calls of which {} refused, {} pushes, {} deliveries, {} calls of "
      "jobs, "
      "history {:016x}",
      seed, lives, crashes, faults, clock_jumps, put_back, orders, products, foreign, calls,
      refused, pushes, deliveries, job_calls, history);
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
