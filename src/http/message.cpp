#include "http/message.hpp"

#include <array>
#include <utility>

namespace orderly::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> kMethods{{
    {Method::kGet, "GET"},
    {Method::kPost, "POST"},
    {Method::kHead, "HEAD"},
    {Method::kPut, "PUT"},
    {Method::kDelete, "DELETE"},
    {Method::kPatch, "PATCH"},
    {Method::kOptions, "OPTIONS"},
}};

/// A body of this size or less keeps its memory for the next request of the connection.
constexpr std::size_t kKeptBodyBytes = 64UL * 1024;

}  // namespace

std::string_view to_string(Method method) {
  for (const auto& [known, text] : kMethods) {
    if (known == method) return text;
  }
  return "OTHER";
}

Method parse_method(std::string_view text) {
  for (const auto& [method, known] : kMethods) {
    if (known == text) return method;
  }
  return Method::kOther;
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

Result<Query> Request::query() const {
  const std::size_t mark = target.find('?');
  if (mark == std::string::npos) return Query{};
  return Query::parse(std::string_view(target).substr(mark + 1));
}

void Request::clear() {
  method = Method::kGet;
  target.clear();
  headers.clear();
  body.clear();
  if (body.capacity() > kKeptBodyBytes) body.shrink_to_fit();
  trace = {};
  received = {};
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

}  // namespace orderly::http
