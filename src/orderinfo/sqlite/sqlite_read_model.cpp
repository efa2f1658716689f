#include "orderinfo/sqlite/sqlite_read_model.hpp"

#include <utility>

namespace orderly::orderinfo {

SqliteReadModel::SqliteReadModel(runtime::EventLoop& loop, const SqliteReadModelOptions& options,
                                 Random& random)
    : newest_(options.merge_at),
      writer_(options.database, loop.clock(), random, newest_, list_versions_),
      recent_(writer_.epoch(), options.recent_changes),
      readers_(options.database, options.max_readers),
      visible_(writer_.progress()),
      progress_(visible_),
      letter_change_(writer_.letter_change()),
      epoch_(writer_.epoch()) {}

runtime::Task<Result<Applied>> SqliteReadModel::apply(const ProjectionBatch& batch,
                                                      std::function<void()> visible) {
  auto applied = apply_or_forget(batch, visible);
  if (applied && applied->projected > 0) {
    recent_.append(writer_.take_changes(), writer_.replaced());
  }
  take_progress();
  co_return applied;
}

/// What a batch that failed has committed all the same is read from the database.
Result<Applied> SqliteReadModel::apply_or_forget(const ProjectionBatch& batch,
                                                 const std::function<void()>& visible) {
  try {
    if (!visible) return writer_.apply(batch, visible);
    return writer_.apply(batch, [&] {
      show_progress();
      visible();
    });
  } catch (...) {
    recent_.restart(writer_.epoch());
    throw;
  }
}

runtime::Task<Result<Applied>> SqliteReadModel::rehearse(const ProjectionBatch& batch) {
  auto applied = writer_.rehearse(batch);
  take_progress();
  co_return applied;
}

runtime::Task<std::vector<std::int64_t>> SqliteReadModel::drop_letters(
    std::vector<std::int64_t> numbers) {
  auto dropped = writer_.drop_letters(numbers);
  take_progress();
  co_return dropped;
}

void SqliteReadModel::show_progress() {
  const std::lock_guard lock(mutex_);
  visible_ = writer_.progress();
}

/// Also where nothing was applied: an earlier failure may have left us behind.
void SqliteReadModel::take_progress() {
  show_progress();
  std::unique_lock lock(mutex_);
  const Position head = std::exchange(progress_, writer_.progress()).head;
  const bool rows_came = head != progress_.head;
  const Position letter_change = std::exchange(letter_change_, writer_.letter_change());
  const bool letters_changed = letter_change != letter_change_;
  lock.unlock();
  if (rows_came) appended_.notify();
  if (letters_changed) letter_log_.appended().notify();
}

Position SqliteReadModel::durable_letter_change() const {
  const std::lock_guard lock(mutex_);
  return letter_change_;
}

runtime::Task<Result<TakenBack>> SqliteReadModel::take_back(const TakeBack& fork) {
  auto taken = writer_.take_back(fork);
  recent_.restart(writer_.epoch());
  take_progress();
  if (taken) appended_.notify();
  co_return taken;
}

void SqliteReadModel::begin_epoch() {
  writer_.begin_epoch();
  recent_.restart(writer_.epoch());
  const std::lock_guard lock(mutex_);
  epoch_ = writer_.epoch();
}

Uuid SqliteReadModel::epoch() const {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

std::vector<Cursor> SqliteReadModel::places(SourceFeed feed) const {
  return readers_.lease()->places(feed);
}

std::vector<Cursor> SqliteReadModel::ahead(Position upto) const {
  return readers_.lease()->ahead(upto);
}

std::vector<TakenOutOrder> SqliteReadModel::taken_out_orders(std::int64_t after,
                                                             std::size_t limit) const {
  return readers_.lease()->taken_out_orders(after, limit);
}

std::vector<TakenOutVersion> SqliteReadModel::taken_out_versions(std::int64_t after,
                                                                 std::size_t limit) const {
  return readers_.lease()->taken_out_versions(after, limit);
}

Progress SqliteReadModel::visible() const {
  const std::lock_guard lock(mutex_);
  return visible_;
}

Progress SqliteReadModel::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

std::optional<events::OrderInfo> SqliteReadModel::find(const CustomerId& customer,
                                                       const OrderId& order) const {
  return readers_.lease()->find(customer, order);
}

OrderPage SqliteReadModel::list(const CustomerId& customer, DateRange dates,
                                const std::optional<ListKey>& after, std::size_t limit) const {
  return readers_.lease()->list(newest_, customer, dates, after, limit);
}

std::vector<events::Recorded<events::OrderInfoPut>> SqliteReadModel::changes_of(
    const CustomerId& customer, Position after, Position upto, std::size_t limit) const {
  return readers_.lease()->changes_of(newest_, customer, after, upto, limit);
}

std::optional<events::OrderInfo> SqliteReadModel::row(const OrderId& order) const {
  return readers_.lease()->row(order);
}

bool SqliteReadModel::is_foreign(const OrderId& order) const {
  return readers_.lease()->is_foreign(order);
}

Standing SqliteReadModel::standing(const OrderId& order) const {
  return readers_.lease()->standing(order);
}

std::vector<events::Recorded<events::ProductPut>> SqliteReadModel::product_versions(
    Position after, std::size_t limit) const {
  return readers_.lease()->product_versions(after, limit);
}

std::vector<IncomingOrder> SqliteReadModel::parked_for(const ProductId& product,
                                                       std::size_t limit) const {
  return readers_.lease()->parked_for(product, limit);
}

std::vector<ParkedOrder> SqliteReadModel::parked_orders(const OrderId& after,
                                                        std::size_t limit) const {
  return readers_.lease()->parked_orders(after, limit);
}

std::vector<ProductId> SqliteReadModel::releasable_products(std::size_t limit) const {
  return readers_.lease()->releasable_products(limit);
}

std::vector<KeptDeadLetter> SqliteReadModel::dead_letters(const LetterQuery& query) const {
  return readers_.lease()->dead_letters(query);
}

std::optional<DeadLetterDetail> SqliteReadModel::dead_letter(std::int64_t number) const {
  return readers_.lease()->dead_letter(number);
}

OrderStations SqliteReadModel::stations(const OrderId& order) const {
  return readers_.lease()->stations(order);
}

std::vector<events::Recorded<events::OrderPlaced>> SqliteReadModel::foreign_events(
    Position after, std::size_t limit) const {
  return readers_.lease()->foreign_events(after, limit);
}

Result<events::FeedPage<events::OrderInfoPut>> SqliteReadModel::read_events(
    const Cursor& after, std::size_t limit) const {
  // Never from memory: the audit reads here what stands in the database.
  const Position upto = progress().head;
  return readers_.lease()->read_events(after, upto, limit);
}

Result<events::FeedSpan> SqliteReadModel::visit_changes(const Cursor& after, std::size_t limit,
                                                        const ChangeVisitor& visit) const {
  if (const auto recent = recent_.visit(after, limit, visit)) return *recent;
  const Position upto = progress().head;
  return readers_.lease()->visit_changes(after, upto, limit, visit);
}

}  // namespace orderly::orderinfo
