#pragma once

#include <string>

#include "base/result.hpp"
#include "http/list_page.hpp"
#include "http/message.hpp"

namespace orderly::app {

/// What a GET of a list asks for: `page_size` (1 to http::kMaxPage) and `page_token`, nothing else.
struct PageQuery {
  std::size_t size = http::kDefaultPage;
  std::string token;  ///< empty: the first page

  static Result<PageQuery> of(const http::Request& request);
};

}  // namespace orderly::app
