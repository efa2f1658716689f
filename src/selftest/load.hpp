#pragma once

#include <cstdint>
#include <string>

#include "base/random.hpp"
#include "runtime/event_loop.hpp"
#include "selftest/record.hpp"

namespace orderly::selftest {

inline constexpr int kProducts = 4;

/// Clients that order, each order until it is answered, and a shop owner who changes prices. Used
/// on the loop.
class Load {
 public:
  Load(runtime::EventLoop& loop, std::string order_url, std::string product_url, Random& random,
       Record& record)
      : loop_(loop),
        order_url_(std::move(order_url)),
        product_url_(std::move(product_url)),
        random_(random),
        record_(record) {}

  /// Client number `index`, until finish(). Half of them repeat with an Idempotency-Key what was
  /// not answered, the others leave it open.
  runtime::Task<void> order(int index);
  /// Puts every product once, then other prices now and then, until finish().
  runtime::Task<void> set_prices();
  /// What is under way is still answered.
  void finish() { finishing_ = true; }

 private:
  /// Whether it was answered.
  runtime::Task<bool> put(int product);

  runtime::EventLoop& loop_;
  std::string order_url_;
  std::string product_url_;
  Random& random_;
  Record& record_;
  bool finishing_ = false;
};

}  // namespace orderly::selftest
