#include "http/idempotency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace orderly::http {
namespace {

Request with_key(const std::string& key) {
  Request request;
  request.headers.add("idempotency-key", key);
  return request;
}

TEST(IdempotencyKeyTest, IsOptional) {
  const auto key = find_idempotency_key({});
  ASSERT_TRUE(key);
  EXPECT_FALSE(*key);
}

TEST(IdempotencyKeyTest, IsTakenAsItIs) {
  for (const std::string text : {"a", "\"8e03978e-40d5\"", "two words", "~"}) {
    const auto request = with_key(text);
    const auto key = find_idempotency_key(request);
    ASSERT_TRUE(key);
    EXPECT_EQ(*key, text);
  }
  const auto longest = with_key(std::string(255, 'k'));
  EXPECT_TRUE(find_idempotency_key(longest));
}

TEST(IdempotencyKeyTest, AnythingElseIsRefusedByName) {
  auto twice = with_key("a");
  twice.headers.add("Idempotency-Key", "a");
  for (const auto& request :
       {with_key(""), with_key(std::string(256, 'k')), with_key("caf\xc3\xa9"), twice}) {
    const auto key = find_idempotency_key(request);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(key.error().field, kIdempotencyKeyHeader);
  }
}

TEST(FingerprintTest, IsFnv1aOf128Bits) {
  const auto hex = [](std::string_view text) {
    std::string out;
    for (const std::byte byte : fingerprint(text)) {
      constexpr char kDigits[] = "0123456789abcdef";
      out += kDigits[std::to_integer<unsigned>(byte >> 4)];
      out += kDigits[std::to_integer<unsigned>(byte & std::byte{15})];
    }
    return out;
  };
  // http://www.isthe.com/chongo/src/fnv/test_fnv.c and the offset basis itself
  EXPECT_EQ(hex(""), "6c62272e07bb014262b821756295c58d");
  EXPECT_EQ(hex("a"), "d228cb696f1a8caf78912b704e4a8964");
}

}  // namespace
}  // namespace orderly::http
