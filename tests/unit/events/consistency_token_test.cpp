#include "events/consistency_token.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/text.hpp"

namespace orderly::events {
namespace {

ConsistencyToken sample() {
  ConsistencyToken token{.epoch = {}, .position = 0x0102030405, .subject = "order-1"};
  token.epoch.bytes.fill(std::byte{0x5a});
  return token;
}

TEST(ConsistencyTokenTest, ComesBackAsItWas) {
  for (auto service : {ConsistencyToken::Service::kOrder, ConsistencyToken::Service::kProduct}) {
    auto token = sample();
    token.service = service;
    EXPECT_EQ(parse_token(encode_token(token)), token);
  }
}

TEST(ConsistencyTokenTest, FitsAHeaderAndAUrl) {
  auto token = sample();
  token.subject = "日本 & ?";
  EXPECT_TRUE(std::ranges::all_of(encode_token(token), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  }));
  EXPECT_EQ(parse_token(encode_token(token)), token);
}

TEST(ConsistencyTokenTest, WhatWeDidNotMakeIsRefused) {
  const std::string good = *base64url_decode(encode_token(sample()));
  auto other_version = good;
  other_version[0] = '2';
  auto other_service = good;
  other_service[1] = 'x';
  auto negative = good;
  negative[18] = '\xff';
  auto zero = good;
  std::fill(zero.begin() + 18, zero.begin() + 26, '\0');
  auto nil_epoch = good;
  std::fill(nil_epoch.begin() + 2, nil_epoch.begin() + 18, '\0');
  for (const auto& bytes : {std::string(), good.substr(0, 25), good.substr(0, 26), other_version,
                            other_service, negative, zero, nil_epoch, good + "\n"}) {
    const auto refused = parse_token(base64url_encode(bytes));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(refused.error().field, kConsistencyTokenHeader);
  }
  EXPECT_FALSE(parse_token("not base64!"));
}

RC_GTEST_PROP(ConsistencyTokenProperty, NoTextBreaksTheParser, (const std::string& text)) {
  const auto parsed = parse_token(text);
  if (parsed) {
    RC_ASSERT(encode_token(*parsed) == text);
  }
}

}  // namespace
}  // namespace orderly::events
