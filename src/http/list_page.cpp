#include "http/list_page.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace orderly::http {

Result<ListPage> ListPage::of(const http::Request& request) {
  auto query = request.query();
  if (!query) return std::unexpected(std::move(query.error()));
  ListPage page;
  const auto size = query->optional_int("pageSize", 0, std::numeric_limits<std::int32_t>::max());
  if (size.value_or(0) > 0) page.size = std::min(static_cast<std::size_t>(*size), kMaxPage);
  if (auto read = query->finish(); !read) return std::unexpected(std::move(read.error()));
  if (const auto token = query->find("pageToken"); token && !token->empty()) {
    auto after = base64url_decode(*token);
    if (!after || after->empty()) return invalid("pageToken", "pageToken is none of this list.");
    page.after = std::move(*after);
  }
  return page;
}

std::string ListPage::token_after(std::string_view last) { return base64url_encode(last); }

}  // namespace orderly::http
