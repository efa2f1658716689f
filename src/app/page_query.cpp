#include "app/page_query.hpp"

#include <utility>

namespace orderly::app {

Result<PageQuery> PageQuery::of(const http::Request& request) {
  auto query = request.query();
  if (!query) return std::unexpected(std::move(query.error()));
  PageQuery page;
  const auto size = query->optional_int("page_size", 1, static_cast<std::int64_t>(http::kMaxPage));
  if (size) page.size = static_cast<std::size_t>(*size);
  page.token = query->find("page_token").value_or("");
  if (auto read = query->finish(); !read) return std::unexpected(std::move(read.error()));
  return page;
}

}  // namespace orderly::app
