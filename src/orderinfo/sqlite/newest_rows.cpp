#include "orderinfo/sqlite/newest_rows.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace orderly::orderinfo {
namespace {

/// A tail of more keys is sorted in.
constexpr std::ptrdiff_t kLongestTail = 256;

/// As SQLite sorts what a StoredId binds: texts by their bytes, then the blobs that UUIDs are.
std::pair<bool, std::string_view> index_order(const CustomerId& customer) {
  return {Uuid::parse(customer.value).has_value(), customer.value};
}

}  // namespace

void NewestRows::Keys::add(const ListKey& key) {
  const bool goes_on =
      sorted_ == keys_.size() && (sorted().empty() || ListKeyLess{}(keys_.back(), key));
  keys_.push_back(key);
  if (goes_on) {
    sorted_ = keys_.size();
  } else if (std::ssize(tail()) > kLongestTail) {
    settle();
  }
}

bool NewestRows::Keys::remove(const ListKey& key) {
  const auto tail = keys_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  auto found = std::lower_bound(keys_.begin() + static_cast<std::ptrdiff_t>(first_), tail, key,
                                ListKeyLess{});
  if (found != tail && *found == key) {
    --sorted_;
  } else {
    found = std::find(tail, keys_.end(), key);
  }
  if (found == keys_.end()) return false;
  keys_.erase(found);
  return true;
}

void NewestRows::Keys::settle() {
  if (sorted_ == keys_.size()) return;
  std::sort(keys_.begin() + static_cast<std::ptrdiff_t>(sorted_), keys_.end(), ListKeyLess{});
  std::vector<ListKey> all;
  all.reserve(keys_.size() - first_);
  std::ranges::merge(sorted(), tail(), std::back_inserter(all), ListKeyLess{});
  keys_ = std::move(all);
  first_ = 0;
  sorted_ = keys_.size();
}

std::span<const ListKey> NewestRows::Keys::sorted() const {
  return std::span(keys_).subspan(first_, sorted_ - first_);
}

std::span<const ListKey> NewestRows::Keys::tail() const {
  return std::span(keys_).subspan(sorted_);
}

void NewestRows::add(const std::vector<Row>& rows) {
  const std::lock_guard lock(mutex_);
  for (const auto& [customer, key] : rows)
    young_.customers[*customer].add(key);
  young_.rows += rows.size();
}

void NewestRows::remove_from(Generation& generation, const Row& row) {
  const auto found = generation.customers.find(*row.first);
  if (found == generation.customers.end()) return;
  generation.rows -= found->second.remove(row.second) ? 1 : 0;
}

void NewestRows::remove(const std::vector<Row>& rows) {
  const std::lock_guard lock(mutex_);
  for (const Row& row : rows) {
    remove_from(young_, row);
    remove_from(merging_, row);
  }
}

std::vector<ListKey> NewestRows::page(const CustomerId& customer, DateRange dates,
                                      const std::optional<ListKey>& after,
                                      std::size_t limit) const {
  const ListKey begin = after.value_or(ListKey{dates.first, UtcTime::min(), 0});
  std::vector<ListKey> page;
  const std::lock_guard lock(mutex_);
  for (const Generation* const generation : {&merging_, &young_}) {
    const auto found = generation->customers.find(customer);
    if (found == generation->customers.end()) continue;
    const auto sorted = found->second.sorted();
    auto key = std::upper_bound(sorted.begin(), sorted.end(), begin, ListKeyLess{});
    for (std::size_t i = 0; i < limit && key != sorted.end(); ++i, ++key) {
      if (key->order_date > dates.last) break;
      page.push_back(*key);
    }
    for (const ListKey& each : found->second.tail()) {
      if (ListKeyLess{}(begin, each) && each.order_date <= dates.last) page.push_back(each);
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
    const auto found = generation->customers.find(customer);
    if (found == generation->customers.end()) continue;
    for (const auto keys : {found->second.sorted(), found->second.tail()}) {
      for (const ListKey& key : keys) {
        if (key.position > after && key.position <= upto) positions.push_back(key.position);
      }
    }
  }
  std::ranges::sort(positions);
  return positions;
}

bool NewestRows::merges(Position head) {
  if (!merging_order_.empty()) return true;
  if (young_.rows < merge_at_) return false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [customer, keys] : young_.customers)
      keys.settle();
    merging_ = std::exchange(young_, {});
  }
  std::vector<std::pair<std::pair<bool, std::string_view>, Customers::value_type*>> order;
  order.reserve(merging_.customers.size());
  for (auto& customer : merging_.customers)
    order.emplace_back(index_order(customer.first), &customer);
  std::ranges::sort(order);
  for (const auto& [place, customer] : order)
    merging_order_.push_back(customer);
  merging_upto_ = head;
  return true;
}

std::vector<NewestRows::Row> NewestRows::next_to_merge(std::size_t limit) const {
  std::vector<Row> rows;
  rows.reserve(std::min(limit, merging_.rows));
  for (const auto* const entry : merging_order_) {
    for (const ListKey& key : entry->second.sorted()) {
      if (rows.size() == limit) return rows;
      rows.emplace_back(&entry->first, key);
    }
  }
  return rows;
}

void NewestRows::merged(std::size_t count) {
  const std::lock_guard lock(mutex_);
  for (std::size_t left = count; !merging_order_.empty();) {
    auto& [customer, keys] = *merging_order_.front();
    const std::size_t dropped = std::min(left, keys.sorted().size());
    keys.drop(dropped);
    left -= dropped;
    merging_.rows -= dropped;
    if (!keys.sorted().empty()) break;
    merging_order_.pop_front();
    merging_.customers.erase(merging_.customers.find(customer));
  }
}

}  // namespace orderly::orderinfo
