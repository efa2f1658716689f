#include "http/static_file.hpp"

#include <array>
#include <utility>

#include "http/accept_encoding.hpp"

namespace orderly::http {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
    {".yaml", "application/yaml"},
}};

struct Variant {
  std::string_view body;
  std::string_view name;  ///< of the encoding; empty: identity
};

Variant choose(const StaticFile& file, const Request& request) {
  const Encodings there{.gzip = !file.gzip.empty(), .brotli = !file.brotli.empty()};
  switch (choose_encoding(request.header("Accept-Encoding"), there)) {
    case Encoding::kBrotli:
      return {file.brotli, "br"};
    case Encoding::kGzip:
      return {file.gzip, "gzip"};
    case Encoding::kIdentity:
      break;
  }
  return {file.content, ""};
}

/// The list of entity tags of RFC 9110 13.1.2, compared weakly, as If-None-Match asks.
bool names(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  for (std::size_t at = if_none_match.find(etag); at != std::string_view::npos;
       at = if_none_match.find(etag, at + 1)) {
    // The tag is quoted and its text has no quote, so a hit is a whole tag or ends another one's.
    const std::string_view before = if_none_match.substr(0, at);
    std::size_t quotes = 0;
    for (const char c : before)
      quotes += c == '"' ? 1 : 0;
    if (quotes % 2 == 0) return true;
  }
  return false;
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
  for (const auto& [suffix, type] : kTypes) {
    if (path.ends_with(suffix)) return type;
  }
  return "application/octet-stream";
}

Response give_file(const StaticFile& file, std::string_view content_type, const Request& request) {
  const Variant variant = choose(file, request);
  std::string etag = "\"" + file.hash;
  if (!variant.name.empty()) etag.append("-").append(variant.name);
  etag += '"';
  Response response;
  response.content_type = content_type;
  response.headers.add("ETag", etag);
  response.headers.add("Cache-Control",
                       file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file.gzip.empty() || !file.brotli.empty()) {
    response.headers.add("Vary", "Accept-Encoding");
  }
  if (names(request.header("If-None-Match").value_or(""), etag)) {
    response.status = 304;
    return response;
  }
  if (!variant.name.empty()) response.headers.add("Content-Encoding", variant.name);
  if (file.owner == nullptr) {
    response.fixed_body = variant.body;
  } else {
    response.body = variant.body;
  }
  return response;
}

}  // namespace orderly::http
