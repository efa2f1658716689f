#pragma once

#include "app/letter_box.hpp"
#include "broker/dead_letters.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::app {

/// The dead letters of a subscription of the embedded broker. Its subscriber is elsewhere, so that
/// nothing can be rehearsed, and what is handed to it twice is for it to recognise.
class BrokerLetters final : public LetterBox {
 public:
  /// `loop`: the broker's. Both outlive this.
  BrokerLetters(std::string subscription, runtime::EventLoop& loop, broker::DeadLetters& letters)
      : subscription_(std::move(subscription)), loop_(loop), letters_(letters) {}

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
  runtime::EventLoop& loop_;
  broker::DeadLetters& letters_;
};

}  // namespace orderly::app
