#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace orderly::http {

/// A file of a website, with what a build has compressed beside it.
struct StaticFile {
  std::string_view content;
  std::string_view gzip = {};    ///< empty: there is none
  std::string_view brotli = {};  ///< likewise
  std::string hash;              ///< of the content, for its ETag: letters and digits
  bool immutable = false;        ///< its name changes with its content: kept for ever by caches
  /// Keeps the content; null: it outlives every answer.
  std::shared_ptr<const void> owner = nullptr;
};

/// The content type of a file of that name, by its suffix.
std::string_view content_type_of(std::string_view path);

/// 200, or 304 where If-None-Match has the file's ETag: encoded as Accept-Encoding allows, with a
/// strong ETag of its own for each encoding (RFC 9110 8.8.3).
Response give_file(const StaticFile& file, std::string_view content_type, const Request& request);

}  // namespace orderly::http
