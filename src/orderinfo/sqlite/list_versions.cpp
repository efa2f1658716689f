#include "orderinfo/sqlite/list_versions.hpp"

#include <functional>
#include <span>

namespace orderly::orderinfo {
namespace {

bool is_changing(std::uint32_t counter) { return counter % 2 == 1; }

std::uint32_t next_instance() {
  static std::atomic<std::uint32_t> instances{0};
  return instances.fetch_add(1);
}

}  // namespace

ListVersions::ListVersions()
    : instance_(std::uint64_t{next_instance()} << 32U),
      counters_(std::make_unique<std::atomic<std::uint32_t>[]>(kCounters)) {}

std::atomic<std::uint32_t>& ListVersions::counter(const CustomerId& customer) const {
  return counters_[std::hash<CustomerId>{}(customer) % kCounters];
}

std::optional<std::uint64_t> ListVersions::of(const CustomerId& customer) const {
  const std::uint32_t now = counter(customer).load();
  if (is_changing(now)) return std::nullopt;
  return instance_ | now;
}

ListVersions::Change::~Change() {
  for (auto* const counter : begun_)
    counter->fetch_add(1);
}

void ListVersions::Change::concerns(const CustomerId& customer) {
  begin(versions_.counter(customer));
}

void ListVersions::Change::concerns_everyone() {
  for (auto& counter : std::span(versions_.counters_.get(), kCounters))
    begin(counter);
}

void ListVersions::Change::begin(std::atomic<std::uint32_t>& counter) {
  if (is_changing(counter.load())) return;  // by this change: there is one at a time
  begun_.push_back(&counter);
  counter.fetch_add(1);
}

}  // namespace orderly::orderinfo
