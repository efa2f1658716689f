#include "simulation/evidence.hpp"

#include <chrono>

namespace orderly::simulation {
namespace {

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

runtime::Task<void> finish(Process& process, Customers& customers) {
  co_await customers.put_every_product(process);
  co_await customers.repeat_every_key(process);
}

Evidence collect(Process& process) {
  auto& platform = process.platform();
  Evidence evidence{.orders = read_all(*platform.orders()),
                    .products = read_all(*platform.products()),
                    .foreign = platform.read_model()->foreign_events(0, 100'000),
                    .warehouse = process.warehouse().rows()};
  for (const auto& kept : platform.read_model()->dead_letters({.limit = 10}))
    evidence.dead_letters.push_back(kept.letter.code + " of the order " + kept.letter.order_id);
  for (const auto& change : read_all(*platform.read_model()))
    if (!change.data.removed) evidence.read_model.push_back(change.data.info);
  return evidence;
}

}  // namespace

std::size_t settle_and_judge(Process& process, Customers& customers,
                             std::chrono::nanoseconds patience, std::vector<std::string>& broken) {
  process.calm_down();
  const auto& clock = process.machine().clock;
  process.clients().spawn("finish", finish(process, customers));
  const bool quiet =
      process.loop().run_until([&] { return process.is_quiet(); }, clock.steady_now() + patience);
  if (!quiet) broken.emplace_back("P7: the pipeline did not come to rest");
  Evidence evidence = collect(process);
  evidence.lists = true;
  process.clients().spawn("look", customers.look_at_everything(process, evidence));
  process.clients().spawn("look at jobs", look_at_jobs(process));
  const bool seen = process.loop().run_until([&] { return process.clients().size() == 0; },
                                             clock.steady_now() + patience);
  if (!seen) broken.emplace_back("P7: queries are not answered");
  for (auto& one : broken_promises(customers.promised(), evidence))
    broken.push_back(std::move(one));
  for (const auto& one : customers.broken())
    broken.push_back(one);
  for (const auto& one : process.machine().audit.disorder())
    broken.push_back(one);
  for (const auto& one : process.machine().jobs.broken())
    broken.push_back(one);
  return evidence.products.size();
}

}  // namespace orderly::simulation
