#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace orderly::http {

inline constexpr std::size_t kDefaultPage = 100;
inline constexpr std::size_t kMaxPage = 1000;

/// What a request asks for of a list that is sorted by name: `pageSize` (0: the default; above
/// kMaxPage: that) and `pageToken`.
struct ListPage {
  std::size_t size = kDefaultPage;
  std::string after;  ///< the last name of the page before; empty: the first page

  static Result<ListPage> of(const http::Request& request);
  /// The token of the page behind the one that ends with `last`.
  static std::string token_after(std::string_view last);
};

}  // namespace orderly::http
