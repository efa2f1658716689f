#include "orderinfo/sqlite/recent_changes.hpp"

#include <algorithm>
#include <iterator>

namespace orderly::orderinfo {

void show(const events::Recorded<events::OrderInfoPut>& change, events::FeedSpan& span,
          const ChangeVisitor& visit) {
  const events::OrderInfo& info = change.data.info;
  visit({.event_id = change.event_id,
         .projected_at = change.accepted_at,
         .order_id = info.order_id.value,
         .customer_id = info.customer_id.value,
         .product_id = info.product_id.value,
         .product_name = info.product_name,
         .number = info.number,
         .unit_price = info.unit_price,
         .order_date = info.order_date,
         .replaces = change.data.replaces,
         .removed = change.data.removed});
  if (span.events++ == 0) span.first_accepted = change.accepted_at;
  span.last_accepted = change.accepted_at;
  span.to = {span.epoch, change.position, change.event_id};
}

void RecentChanges::append(std::vector<Change> changes, bool replaced) {
  const std::lock_guard lock(mutex_);
  if (replaced) {
    changes_.clear();
    return;
  }
  const bool goes_on = changes_.empty() || changes.empty() ||
                       changes.front().position == changes_.back().position + 1;
  if (!goes_on) changes_.clear();
  std::ranges::move(changes, std::back_inserter(changes_));
  while (changes_.size() > capacity_)
    changes_.pop_front();
}

void RecentChanges::restart(const Uuid& epoch) {
  const std::lock_guard lock(mutex_);
  epoch_ = epoch;
  changes_.clear();
}

std::optional<RecentChanges::Changes::const_iterator> RecentChanges::find(
    const Cursor& after) const {
  if (changes_.empty() || after.epoch != epoch_) return std::nullopt;
  const Position first = changes_.front().position;
  if (after.position < first || after.position > changes_.back().position) return std::nullopt;
  const auto here = changes_.begin() + (after.position - first);
  if (here->event_id != after.event_id) return std::nullopt;
  return std::next(here);
}

std::optional<events::FeedSpan> RecentChanges::visit(const Cursor& after, std::size_t limit,
                                                     const ChangeVisitor& visit) const {
  const std::lock_guard lock(mutex_);
  const auto begin = find(after);
  if (!begin) return std::nullopt;
  events::FeedSpan span{.epoch = epoch_, .head = changes_.back().position, .to = after};
  for (auto change = *begin; change != changes_.end() && span.events < limit; ++change)
    show(*change, span, visit);
  return span;
}

}  // namespace orderly::orderinfo
