#include "audit/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/check.hpp"
#include "base/dates.hpp"

namespace orderly::audit {
namespace {

constexpr char kSeparator = '\x1f';

/// Looked up once: OpenSSL searches its providers whenever an algorithm is named.
class Md5 {
 public:
  Md5()
      : algorithm_(EVP_MD_fetch(nullptr, "MD5", nullptr), &EVP_MD_free),
        context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    ORDERLY_CHECK(algorithm_ && context_, "OpenSSL has MD5");
  }

  std::array<unsigned char, 16> operator()(std::string_view text) {
    std::array<unsigned char, 16> digest{};
    const bool made = EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1 &&
                      EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
    ORDERLY_CHECK(made, "hashing in memory cannot fail");
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string joined(std::string_view order, std::string_view customer, std::string_view product,
                   std::int64_t number, Date date) {
  std::string text;
  text.reserve(order.size() + customer.size() + product.size() + 32);
  text.append(order).push_back(kSeparator);
  text.append(customer).push_back(kSeparator);
  text.append(product).push_back(kSeparator);
  text.append(std::to_string(number)).push_back(kSeparator);
  return text.append(format_date(date));
}

}  // namespace

std::uint64_t hash_of(std::string_view text) {
  thread_local Md5 md5;
  const auto digest = md5(text);
  std::uint64_t low = 0;
  for (std::size_t i = digest.size(); i > 8; --i)
    low = (low << 8U) | digest[i - 1];
  return low;
}

std::size_t bucket_of(std::string_view order_id) { return hash_of(order_id) % kBuckets; }

std::string text_of(const events::OrderPlaced& order) {
  return joined(order.order_id.value, order.customer_id.value, order.product_id.value, order.number,
                order.order_date);
}

std::string text_of_order(const events::OrderInfo& row) {
  return joined(row.order_id.value, row.customer_id.value, row.product_id.value, row.number,
                row.order_date);
}

std::string text_of(const events::OrderInfo& row) {
  std::string text = text_of_order(row);
  text.push_back(kSeparator);
  text.append(std::to_string(row.unit_price)).push_back(kSeparator);
  text.append(std::to_string(row.total_price)).push_back(kSeparator);
  return text.append(row.product_name);
}

std::int64_t Digest::rows() const {
  std::int64_t rows = 0;
  for (const Bucket& bucket : buckets_)
    rows += bucket.rows;
  return rows;
}

std::vector<std::size_t> differing(const Digest& left, const Digest& right) {
  std::vector<std::size_t> buckets;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (left.at(bucket) != right.at(bucket)) buckets.push_back(bucket);
  }
  return buckets;
}

}  // namespace orderly::audit
