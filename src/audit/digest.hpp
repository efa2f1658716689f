#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/orders.hpp"

/// What two stores are compared by: rows are thrown into buckets by their order_id, and a bucket is
/// summed up as a count and a sum of hashes. Any store that knows MD5 can make the same sums, in
/// whatever order it reads its rows.
namespace orderly::audit {

inline constexpr std::size_t kBuckets = 4096;

/// The low 64 bits of the MD5 of `text` (its last eight bytes, least significant first), as
/// DuckDB's md5_number_lower() gives them. It tells contents apart, it protects nothing.
std::uint64_t hash_of(std::string_view text);
std::size_t bucket_of(std::string_view order_id);

/// What is compared between the accepted orders and the read model: the members that both have,
/// with U+001F between them.
std::string text_of(const events::OrderPlaced& order);
std::string text_of_order(const events::OrderInfo& row);
/// What is compared between the read model and the warehouse: every column. The product's name,
/// which may hold any character, comes last.
std::string text_of(const events::OrderInfo& row);

struct Bucket {
  std::int64_t rows = 0;
  std::uint64_t sum = 0;  ///< of the rows' hashes, modulo 2^64

  bool operator==(const Bucket&) const = default;
};

class Digest {
 public:
  void add(std::size_t bucket, std::uint64_t hash) {
    ++buckets_[bucket].rows;
    buckets_[bucket].sum += hash;
  }
  void set(std::size_t bucket, Bucket value) { buckets_[bucket] = value; }
  [[nodiscard]] const Bucket& at(std::size_t bucket) const { return buckets_[bucket]; }
  [[nodiscard]] std::int64_t rows() const;

 private:
  std::vector<Bucket> buckets_ = std::vector<Bucket>(kBuckets);
};

/// The buckets in which the two differ, ascending.
std::vector<std::size_t> differing(const Digest& left, const Digest& right);

}  // namespace orderly::audit
