#include "orderinfo/switched_read_model.hpp"

#include <utility>

namespace orderly::orderinfo {

void SwitchedReadModel::switch_to(std::shared_ptr<ReadModel> next) {
  {
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }
  appended_.notify();
  letter_log_.appended().notify();
}

std::shared_ptr<ReadModel> SwitchedReadModel::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

runtime::Task<Result<Applied>> SwitchedReadModel::apply(const ProjectionBatch& batch,
                                                        std::function<void()> visible) {
  const auto model = current();
  const Position head = model->progress().head;
  auto applied = co_await model->apply(batch, std::move(visible));
  if (model->progress().head != head) appended_.notify();  // also by an earlier one that threw
  if (!applied || applied->dead_lettered > 0 || !applied->redriven.empty()) {
    letter_log_.appended().notify();
  }
  co_return applied;
}

runtime::Task<Result<TakenBack>> SwitchedReadModel::take_back(const TakeBack& fork) {
  const auto model = current();
  auto taken = co_await model->take_back(fork);
  if (taken) appended_.notify();
  co_return taken;
}

runtime::Task<Result<Applied>> SwitchedReadModel::rehearse(const ProjectionBatch& batch) {
  const auto model = current();
  co_return co_await model->rehearse(batch);
}

runtime::Task<std::vector<std::int64_t>> SwitchedReadModel::drop_letters(
    std::vector<std::int64_t> numbers) {
  const auto model = current();
  auto dropped = co_await model->drop_letters(std::move(numbers));
  if (!dropped.empty()) letter_log_.appended().notify();
  co_return dropped;
}

}  // namespace orderly::orderinfo
