#pragma once

#include "app/letter_box.hpp"
#include "orderinfo/projector.hpp"
#include "orderinfo/read_model.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::app {

/// The dead letters of the read model. An order has one event, so no later one could wait behind a
/// letter: what else is sent under its order_id is judged by itself.
class ReadModelLetters final : public LetterBox {
 public:
  /// `projector_loop`: the projector's. All outlive this.
  ReadModelLetters(std::string subscription, runtime::EventLoop& projector_loop,
                   const orderinfo::ReadModel& store, orderinfo::Projector& projector)
      : subscription_(std::move(subscription)),
        projector_loop_(projector_loop),
        store_(store),
        projector_(projector) {}

  [[nodiscard]] std::string subscription() const override { return subscription_; }
  runtime::Task<Standing> standing() override;
  runtime::Task<std::vector<Letter>> list(LetterFilter filter, std::int64_t after,
                                          std::size_t limit) override;
  runtime::Task<std::optional<LetterDetail>> show(std::int64_t number) override;
  runtime::Task<Result<std::vector<LetterResult>>> redrive(std::vector<std::int64_t> numbers,
                                                           bool dry_run) override;
  runtime::Task<std::vector<LetterResult>> drop(std::vector<std::int64_t> numbers) override;

 private:
  std::string subscription_;
  runtime::EventLoop& projector_loop_;
  const orderinfo::ReadModel& store_;
  orderinfo::Projector& projector_;
};

}  // namespace orderly::app
