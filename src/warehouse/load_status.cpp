#include "warehouse/load_status.hpp"

#include <algorithm>

namespace orderly::warehouse {

void LoadStatus::saw_source(Position head, Position loaded, std::optional<UtcTime> oldest_missing) {
  const std::lock_guard lock(mutex_);
  seen_ = Seen{head, loaded, oldest_missing};
}

void LoadStatus::lost_source() {
  const std::lock_guard lock(mutex_);
  seen_.reset();
}

void LoadStatus::has_loaded(const Cursor& cursor) {
  {
    const std::lock_guard lock(mutex_);
    if (loaded_ == cursor) return;
    loaded_ = cursor;
  }
  moved_.notify();
}

std::optional<Cursor> LoadStatus::loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

std::optional<LoadStatus::Lag> LoadStatus::lag(UtcTime now) const {
  const std::lock_guard lock(mutex_);
  if (!seen_) return std::nullopt;
  const Position missing = std::max<Position>(0, seen_->head - seen_->loaded);
  if (missing == 0 || !seen_->oldest_missing) return Lag{missing, std::chrono::milliseconds(0)};
  const auto age = std::chrono::ceil<std::chrono::milliseconds>(now - *seen_->oldest_missing);
  return Lag{missing, std::max(age, std::chrono::milliseconds(0))};
}

}  // namespace orderly::warehouse
