#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.hpp"

/// Private to the server: the requests that nearly every client sends, read in one pass.
namespace orderly::http {

struct PlainRequest {
  std::size_t size = 0;  ///< bytes that it takes, its body among them
  std::optional<std::uint64_t> content_length;
};

/// Reads the request at the head of `received` into `request`, which is empty. Nothing where that
/// is not all there, or not plain: HTTP/1.1, visible ASCII, no Transfer-Encoding, Expect, Upgrade
/// or Connection but `keep-alive`, and one Content-Length at most. RequestParser is for all of
/// HTTP, broken or not, and `request` is to be cleared before it gets its turn. What is read here
/// it reads the same way.
std::optional<PlainRequest> read_plain_request(std::string_view received,
                                               std::size_t max_header_bytes, Request& request);

}  // namespace orderly::http
