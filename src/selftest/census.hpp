#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "runtime/event_loop.hpp"
#include "selftest/record.hpp"

namespace orderly::selftest {

/// Where to ask.
struct Urls {
  std::string product;
  std::string order;
  std::string orderinfo;
  std::string warehouse;
};

/// What was counted, from outside and with no help of `verify`.
struct Counted {
  std::size_t orders = 0;  ///< accepted
  std::int64_t revenue = 0;
  /// A sentence for each thing that is not as it must be; only the first ones of many.
  std::vector<std::string> problems;
};

/// Counts once: each acknowledged order is there unchanged and once in the order feed, in the read
/// model and in the warehouse, at the price in force when it was accepted, and nothing else is.
/// `attempts`: all that was sent; null where that is not known. Throws Unavailable.
runtime::Task<Counted> count(runtime::EventLoop& loop, Urls urls,
                             const std::vector<events::OrderPlaced>& acknowledged,
                             const std::set<Record::Attempt>* attempts);

}  // namespace orderly::selftest
