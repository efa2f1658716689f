#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace orderly::orderinfo {

/// Tells whether what lists say of a customer may have changed since. Customers share counters, so
/// it may say so of one of whom nothing has.
///
/// A counter is odd while a change of its customers is under way, from before its commit until all
/// that a list is made of has it, and another even number afterwards. So who reads the same even
/// number twice has seen no change in between, and a list that is made while the counter is odd
/// belongs to no version.
class ListVersions {
 public:
  ListVersions();

  /// From any thread; nothing while it changes. Never the same of two objects of a process.
  [[nodiscard]] std::optional<std::uint64_t> of(const CustomerId& customer) const;

  /// A change, from before the commit until the object goes. One at a time.
  class Change {
   public:
    explicit Change(ListVersions& versions) : versions_(versions) {}
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    ~Change();

    /// Before the commit.
    void concerns(const CustomerId& customer);
    void concerns_everyone();

   private:
    void begin(std::atomic<std::uint32_t>& counter);

    ListVersions& versions_;
    std::vector<std::atomic<std::uint32_t>*> begun_{};
  };

 private:
  static constexpr std::size_t kCounters = 16'384;

  [[nodiscard]] std::atomic<std::uint32_t>& counter(const CustomerId& customer) const;

  std::uint64_t instance_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> counters_;
};

}  // namespace orderly::orderinfo
