#include "orderinfo/sqlite/newest_rows.hpp"

#include <algorithm>
#include <string_view>

namespace orderly::orderinfo {
namespace {

/// As SQLite sorts what a StoredId binds: texts by their bytes, then the blobs that UUIDs are.
std::pair<bool, std::string_view> index_order(const CustomerId& customer) {
  return {Uuid::parse(customer.value).has_value(), customer.value};
}

}  // namespace

void NewestRows::add(const std::vector<Row>& rows) {
  const std::lock_guard lock(mutex_);
  for (const auto& [customer, key] : rows)
    young_.rows += young_.keys[*customer].insert(key).second ? 1 : 0;
}

void NewestRows::remove(const std::vector<Row>& rows) {
  const std::lock_guard lock(mutex_);
  for (const auto& [customer, key] : rows) {
    for (Generation* const generation : {&young_, &merging_}) {
      const auto found = generation->keys.find(*customer);
      if (found != generation->keys.end()) generation->rows -= found->second.erase(key);
    }
  }
}

std::vector<ListKey> NewestRows::page(const CustomerId& customer, DateRange dates,
                                      const std::optional<ListKey>& after,
                                      std::size_t limit) const {
  const ListKey before_all{dates.first, UtcTime::min(), 0};
  std::vector<ListKey> page;
  const std::lock_guard lock(mutex_);
  for (const Generation* const generation : {&merging_, &young_}) {
    const auto found = generation->keys.find(customer);
    if (found == generation->keys.end()) continue;
    auto key = found->second.upper_bound(after.value_or(before_all));
    for (std::size_t i = 0; i < limit && key != found->second.end(); ++i, ++key) {
      if (key->order_date > dates.last) break;
      page.push_back(*key);
    }
  }
  std::ranges::sort(page, ListKeyLess{});
  if (page.size() > limit) page.resize(limit);
  return page;
}

std::vector<Position> NewestRows::positions(const CustomerId& customer, Position after,
                                            Position upto) const {
  std::vector<Position> positions;
  const std::lock_guard lock(mutex_);
  for (const Generation* const generation : {&merging_, &young_}) {
    const auto found = generation->keys.find(customer);
    if (found == generation->keys.end()) continue;
    for (const ListKey& key : found->second) {
      if (key.position > after && key.position <= upto) positions.push_back(key.position);
    }
  }
  std::ranges::sort(positions);
  return positions;
}

bool NewestRows::merges(Position head) {
  if (!merging_order_.empty()) return true;
  if (young_.rows < merge_at_) return false;
  std::vector<std::pair<bool, std::string_view>> order;
  order.reserve(young_.keys.size());
  for (const auto& [customer, keys] : young_.keys)
    order.push_back(index_order(customer));
  std::ranges::sort(order);
  for (const auto& [is_uuid, customer] : order)
    merging_order_.push_back(CustomerId{std::string(customer)});
  merging_upto_ = head;
  const std::lock_guard lock(mutex_);
  merging_ = std::exchange(young_, {});
  return true;
}

std::vector<NewestRows::Row> NewestRows::next_to_merge(std::size_t limit) const {
  std::vector<Row> rows;
  for (const CustomerId& customer : merging_order_) {
    for (const ListKey& key : merging_.keys.at(customer)) {
      if (rows.size() == limit) return rows;
      rows.emplace_back(&customer, key);
    }
  }
  return rows;
}

void NewestRows::merged(const std::vector<Row>& rows) {
  remove(rows);
  const std::lock_guard lock(mutex_);
  while (!merging_order_.empty() && merging_.keys.at(merging_order_.front()).empty()) {
    merging_.keys.erase(merging_order_.front());
    merging_order_.pop_front();
  }
}

}  // namespace orderly::orderinfo
