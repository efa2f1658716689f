#pragma once

#include <memory>
#include <mutex>

#include "orderinfo/read_model.hpp"

namespace orderly::orderinfo {

/// A read model that another can take the place of while it is in use. Whoever is in the middle of
/// a call stays with the one it began with, which lives as long as that takes.
class SwitchedReadModel final : public ReadModel {
 public:
  explicit SwitchedReadModel(std::shared_ptr<ReadModel> first) : current_(std::move(first)) {}
  SwitchedReadModel(const SwitchedReadModel&) = delete;
  SwitchedReadModel& operator=(const SwitchedReadModel&) = delete;

  /// From now on `next` answers. The projector's loop, while nothing is being applied. Readers of
  /// the log are woken.
  void switch_to(std::shared_ptr<ReadModel> next);
  [[nodiscard]] std::shared_ptr<ReadModel> current() const;

  using ReadModel::apply;
  runtime::Task<Result<Applied>> apply(const ProjectionBatch& batch,
                                       std::function<void()> visible) override;
  runtime::Task<Result<Applied>> rehearse(const ProjectionBatch& batch) override;
  runtime::Task<std::vector<std::int64_t>> drop_letters(std::vector<std::int64_t> numbers) override;
  runtime::Task<Result<TakenBack>> take_back(const TakeBack& fork) override;
  void begin_epoch() override { current()->begin_epoch(); }

  std::vector<Cursor> places(SourceFeed feed) const override { return current()->places(feed); }
  std::vector<Cursor> ahead(Position upto) const override { return current()->ahead(upto); }
  std::vector<TakenOutOrder> taken_out_orders(std::int64_t after,
                                              std::size_t limit) const override {
    return current()->taken_out_orders(after, limit);
  }
  std::vector<TakenOutVersion> taken_out_versions(std::int64_t after,
                                                  std::size_t limit) const override {
    return current()->taken_out_versions(after, limit);
  }
  std::optional<events::OrderInfo> find(const CustomerId& customer,
                                        const OrderId& order) const override {
    return current()->find(customer, order);
  }
  std::optional<events::OrderInfo> row(const OrderId& order) const override {
    return current()->row(order);
  }
  OrderPage list(const CustomerId& customer, DateRange dates, const std::optional<ListKey>& after,
                 std::size_t limit) const override {
    return current()->list(customer, dates, after, limit);
  }
  [[nodiscard]] std::optional<std::uint64_t> list_version(
      const CustomerId& customer) const override {
    return current()->list_version(customer);
  }
  std::vector<events::Recorded<events::OrderInfoPut>> changes_of(const CustomerId& customer,
                                                                 Position after, Position upto,
                                                                 std::size_t limit) const override {
    return current()->changes_of(customer, after, upto, limit);
  }
  Standing standing(const OrderId& order) const override { return current()->standing(order); }
  Progress progress() const override { return current()->progress(); }
  [[nodiscard]] Progress visible() const override { return current()->visible(); }
  Uuid epoch() const override { return current()->epoch(); }
  std::vector<events::Recorded<events::ProductPut>> product_versions(
      Position after, std::size_t limit) const override {
    return current()->product_versions(after, limit);
  }
  std::vector<IncomingOrder> parked_for(const ProductId& product,
                                        std::size_t limit) const override {
    return current()->parked_for(product, limit);
  }
  std::vector<ParkedOrder> parked_orders(const OrderId& after, std::size_t limit) const override {
    return current()->parked_orders(after, limit);
  }
  std::vector<ProductId> releasable_products(std::size_t limit) const override {
    return current()->releasable_products(limit);
  }
  std::vector<KeptDeadLetter> dead_letters(const LetterQuery& query) const override {
    return current()->dead_letters(query);
  }
  std::optional<DeadLetterDetail> dead_letter(std::int64_t number) const override {
    return current()->dead_letter(number);
  }
  [[nodiscard]] const events::EventLog<events::DeadLetterPut>& letter_log() const override {
    return letter_log_;
  }
  [[nodiscard]] OrderStations stations(const OrderId& order) const override {
    return current()->stations(order);
  }
  std::vector<events::Recorded<events::OrderPlaced>> foreign_events(
      Position after, std::size_t limit) const override {
    return current()->foreign_events(after, limit);
  }
  bool is_foreign(const OrderId& order) const override { return current()->is_foreign(order); }

  Result<events::FeedPage<events::OrderInfoPut>> read_events(const Cursor& after,
                                                             std::size_t limit) const override {
    return current()->read_events(after, limit);
  }
  std::optional<Position> fork_of(const Uuid& epoch) const override {
    return current()->fork_of(epoch);
  }
  Result<events::FeedSpan> visit_changes(const Cursor& after, std::size_t limit,
                                         const ChangeVisitor& visit) const override {
    return current()->visit_changes(after, limit, visit);
  }
  runtime::Signal& appended() const override { return appended_; }

 private:
  class LetterLog final : public events::EventLog<events::DeadLetterPut> {
   public:
    explicit LetterLog(const SwitchedReadModel& model) : model_(model) {}
    Result<events::FeedPage<events::DeadLetterPut>> read_events(const Cursor& after,
                                                                std::size_t limit) const override {
      return model_.current()->letter_log().read_events(after, limit);
    }
    std::optional<Position> fork_of(const Uuid& epoch) const override {
      return model_.current()->letter_log().fork_of(epoch);
    }
    runtime::Signal& appended() const override { return appended_; }
    [[nodiscard]] bool tells_of(Position position) const override {
      return model_.current()->letter_log().tells_of(position);
    }

   private:
    const SwitchedReadModel& model_;
    mutable runtime::Signal appended_;
  };

  mutable std::mutex mutex_;
  std::shared_ptr<ReadModel> current_;  ///< guarded by mutex_
  mutable runtime::Signal appended_;
  LetterLog letter_log_{*this};
};

}  // namespace orderly::orderinfo
