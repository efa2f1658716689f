#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "events/orders.hpp"

namespace orderly::selftest {

/// The clients' own account of what they sent and were promised. It is written to a file as it
/// grows, an order a line, so that it can be counted again.
class Record {
 public:
  /// What makes an order of a client different from all others.
  using Attempt = std::pair<std::string, std::int64_t>;  ///< customer_id, number

  /// Appends to `file`.
  explicit Record(const std::filesystem::path& file);
  /// The orders of an earlier run; who sent what and was not answered is not in it. Throws
  /// std::runtime_error.
  static std::vector<events::OrderPlaced> read(const std::filesystem::path& file);

  void sent(const events::OrderPlaced& order) { sent_.emplace(of(order)); }
  void acknowledged(const events::OrderPlaced& order);
  void not_acknowledged() { ++not_acknowledged_; }
  /// An answer that must not be.
  void broken(std::string what) { broken_.push_back(std::move(what)); }

  [[nodiscard]] const std::vector<events::OrderPlaced>& orders() const { return orders_; }
  [[nodiscard]] const std::set<Attempt>& attempts() const { return sent_; }
  [[nodiscard]] std::size_t refusals() const { return not_acknowledged_; }
  [[nodiscard]] const std::vector<std::string>& problems() const { return broken_; }
  static Attempt of(const events::OrderPlaced& order) {
    return {order.customer_id.value, order.number};
  }

 private:
  std::ofstream file_;
  std::vector<events::OrderPlaced> orders_;
  std::set<Attempt> sent_;
  std::size_t not_acknowledged_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace orderly::selftest
