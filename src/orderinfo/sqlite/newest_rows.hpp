#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/dates.hpp"
#include "base/ids.hpp"
#include "orderinfo/read_model.hpp"

namespace orderly::orderinfo {

struct ListKeyLess {
  bool operator()(const ListKey& a, const ListKey& b) const {
    return std::tie(a.order_date, a.accepted_at, a.position) <
           std::tie(b.order_date, b.accepted_at, b.position);
  }
};

/// Where the newest rows stand in their customers' lists, until so many have gathered that they can
/// be merged into the index on disk (`order_by_customer`) in its order: a row that is put into such
/// an index by itself writes a page of 4 KiB, a hundred thousand together a few hundred bytes each.
///
/// Rows gather in the *young* generation. Once it is full it becomes the *merging* one, which the
/// writer takes apart step by step: a row goes from here once it is committed to the index.
///
/// A reader asks here first and opens its snapshot afterwards: what had gone when it asked is in
/// the index that it then sees. What is in both it sees twice, under the same key.
///
/// page() and positions() may be called from any thread; everything else by the writer.
class NewestRows {
 public:
  using Row = std::pair<const CustomerId*, ListKey>;

  /// `merge_at`: a young generation of so many rows is merged.
  explicit NewestRows(std::size_t merge_at) : merge_at_(merge_at) {}

  void add(const std::vector<Row>& rows);
  /// Rows that are no more.
  void remove(const std::vector<Row>& rows);

  /// The customer's keys of these dates after `after`, ascending, at most `limit`.
  [[nodiscard]] std::vector<ListKey> page(const CustomerId& customer, DateRange dates,
                                          const std::optional<ListKey>& after,
                                          std::size_t limit) const;
  /// Positions of the customer's rows after `after` up to `upto`, ascending.
  [[nodiscard]] std::vector<Position> positions(const CustomerId& customer, Position after,
                                                Position upto) const;

  /// Whether there is something to be merged; where the young generation is full, it is from now
  /// on. `head` is the position of the newest row.
  [[nodiscard]] bool merges(Position head);
  /// The first rows of the merging generation in the order of the index, at most `limit`. Valid
  /// until anything changes.
  [[nodiscard]] std::vector<Row> next_to_merge(std::size_t limit) const;
  /// The index has so many of the first, as next_to_merge() has just given them.
  void merged(std::size_t count);
  [[nodiscard]] std::size_t left_to_merge() const { return merging_.rows; }
  /// Once none is left, the index has all rows up to here.
  [[nodiscard]] Position merging_upto() const { return merging_upto_; }

 private:
  /// One customer's, ascending. Those that come in this order are appended; once one does not, it
  /// and the next ones wait in a tail, which is sorted in before it gets long.
  class Keys {
   public:
    void add(const ListKey& key);
    [[nodiscard]] bool remove(const ListKey& key);
    /// Sorts the tail in.
    void settle();
    /// The first of those that are sorted.
    void drop(std::size_t count) { first_ += count; }

    [[nodiscard]] std::span<const ListKey> sorted() const;
    [[nodiscard]] std::span<const ListKey> tail() const;

   private:
    std::vector<ListKey> keys_;
    std::size_t first_ = 0;   ///< those before it are dropped
    std::size_t sorted_ = 0;  ///< from here on it is the tail
  };
  using Customers = std::unordered_map<CustomerId, Keys>;
  struct Generation {
    Customers customers;
    std::size_t rows = 0;
  };

  static void remove_from(Generation& generation, const Row& row);

  std::size_t merge_at_;
  mutable std::mutex mutex_;  ///< for changes, and for reads of others than the writer
  Generation young_;
  Generation merging_;                                ///< its keys have no tails
  std::deque<Customers::value_type*> merging_order_;  ///< its customers, as the index sorts them
  Position merging_upto_ = 0;
};

}  // namespace orderly::orderinfo
