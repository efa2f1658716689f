#pragma once

#include <mutex>

#include "orderinfo/sqlite/reader.hpp"
#include "orderinfo/sqlite/writer.hpp"
#include "runtime/signal.hpp"
#include "sqlite/reader_pool.hpp"

namespace orderly::orderinfo {

struct SqliteReadModelOptions {
  sqlite::OpenOptions database;  ///< orderinfo.db; synchronous stays kFull, for a push is answered
                                 ///< with 200 only when its effect is durable
  std::size_t max_readers = 4;   ///< read connections, opened as they are needed
  /// So many rows gather in memory before they are merged into the index of the lists. At 24 bytes
  /// and what growing arrays keep spare; the more, the fewer pages a row costs, and the longer a
  /// start may take.
  std::size_t merge_at = 262'144;
  std::size_t recent_changes = 16'384;  ///< kept in memory, at 300 bytes each
};

/// The read model in one SQLite file. The projector hands over whole batches, so each is one
/// transaction; it is committed on the thread of `loop`.
class SqliteReadModel final : public ReadModel {
 public:
  /// Makes or migrates the file. Throws DatabaseError, IncompatibleDatabase.
  SqliteReadModel(runtime::EventLoop& loop, const SqliteReadModelOptions& options, Random& random);

  using ReadModel::apply;
  runtime::Task<Result<Applied>> apply(const ProjectionBatch& batch,
                                       std::function<void()> visible) override;
  runtime::Task<Result<Applied>> rehearse(const ProjectionBatch& batch) override;
  runtime::Task<std::vector<std::int64_t>> drop_letters(std::vector<std::int64_t> numbers) override;

  std::optional<events::OrderInfo> find(const CustomerId& customer,
                                        const OrderId& order) const override;
  std::optional<events::OrderInfo> row(const OrderId& order) const override;
  OrderPage list(const CustomerId& customer, DateRange dates, const std::optional<ListKey>& after,
                 std::size_t limit) const override;
  [[nodiscard]] std::optional<std::uint64_t> list_version(
      const CustomerId& customer) const override {
    return list_versions_.of(customer);
  }
  std::vector<events::Recorded<events::OrderInfoPut>> changes_of(const CustomerId& customer,
                                                                 Position after, Position upto,
                                                                 std::size_t limit) const override;
  Standing standing(const OrderId& order) const override;
  Progress progress() const override;
  [[nodiscard]] Progress visible() const override;
  Uuid epoch() const override;
  runtime::Task<Result<TakenBack>> take_back(const TakeBack& fork) override;
  std::vector<Cursor> places(SourceFeed feed) const override;
  std::vector<Cursor> ahead(Position upto) const override;
  std::vector<TakenOutOrder> taken_out_orders(std::int64_t after, std::size_t limit) const override;
  std::vector<TakenOutVersion> taken_out_versions(std::int64_t after,
                                                  std::size_t limit) const override;
  void begin_epoch() override;
  std::vector<events::Recorded<events::ProductPut>> product_versions(
      Position after, std::size_t limit) const override;
  std::vector<IncomingOrder> parked_for(const ProductId& product, std::size_t limit) const override;
  std::vector<ParkedOrder> parked_orders(const OrderId& after, std::size_t limit) const override;
  std::vector<ProductId> releasable_products(std::size_t limit) const override;
  std::vector<KeptDeadLetter> dead_letters(const LetterQuery& query) const override;
  std::optional<DeadLetterDetail> dead_letter(std::int64_t number) const override;
  [[nodiscard]] const events::EventLog<events::DeadLetterPut>& letter_log() const override {
    return letter_log_;
  }
  [[nodiscard]] OrderStations stations(const OrderId& order) const override;
  std::vector<events::Recorded<events::OrderPlaced>> foreign_events(
      Position after, std::size_t limit) const override;
  bool is_foreign(const OrderId& order) const override;

  Result<events::FeedPage<events::OrderInfoPut>> read_events(const Cursor& after,
                                                             std::size_t limit) const override;
  std::optional<Position> fork_of(const Uuid& epoch) const override {
    return readers_.lease()->fork_of(epoch);
  }
  Result<events::FeedSpan> visit_changes(const Cursor& after, std::size_t limit,
                                         const ChangeVisitor& visit) const override;
  runtime::Signal& appended() const override { return appended_; }

 private:
  class LetterLog final : public events::EventLog<events::DeadLetterPut> {
   public:
    explicit LetterLog(const SqliteReadModel& model) : model_(model) {}
    Result<events::FeedPage<events::DeadLetterPut>> read_events(const Cursor& after,
                                                                std::size_t limit) const override {
      const Position upto = model_.durable_letter_change();
      return model_.readers_.lease()->letter_changes(after, upto, limit);
    }
    [[nodiscard]] std::optional<Position> fork_of(const Uuid& epoch) const override {
      return model_.readers_.lease()->fork_of(epoch);
    }
    runtime::Signal& appended() const override { return appended_; }
    [[nodiscard]] bool tells_of(Position position) const override {
      return model_.durable_letter_change() >= position;
    }

   private:
    const SqliteReadModel& model_;
    mutable runtime::Signal appended_;
  };

  Result<Applied> apply_or_forget(const ProjectionBatch& batch,
                                  const std::function<void()>& visible);
  void show_progress();
  void take_progress();
  [[nodiscard]] Position durable_letter_change() const;

  NewestRows newest_;
  ListVersions list_versions_;
  Writer writer_;
  RecentChanges recent_;
  mutable sqlite::ReaderPool<Reader> readers_;
  LetterLog letter_log_{*this};
  mutable runtime::Signal appended_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Progress visible_;
  Progress progress_;  ///< of what is durable, as what follows
  Position letter_change_;
  Uuid epoch_;
};

}  // namespace orderly::orderinfo
