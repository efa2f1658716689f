#pragma once

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

/// Private to the server: Beast's parser, writing straight into a Request.
namespace orderly::http {

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;

  /// `request` is empty and outlives the parser.
  RequestParser(Request& request, std::size_t max_header_bytes) : request_(request) {
    header_limit(static_cast<std::uint32_t>(max_header_bytes));
    body_limit(boost::none);  // the route's limit is checked once the route is known
    eager(false);
  }

  [[nodiscard]] bool http_1_0() const { return version_ == 10; }
  [[nodiscard]] int http_version() const { return version_; }

 private:
  static std::string_view view(Text text) { return {text.data(), text.size()}; }

  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                       Code&) override {
    request_.method = http::parse_method(view(method));
    request_.target.assign(target.data(), target.size());
    version_ = version;
  }
  void on_field_impl(boost::beast::http::field, Text name, Text value, Code&) override {
    // Trailers come after the decisions that headers take part in, so they count for nothing.
    if (!header_done_) request_.headers.add(view(name), view(value));
  }
  void on_header_impl(Code&) override { header_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code&) override {
    // The length is a claim: memory is taken as the bytes come, but for the usual small body.
    if (length) request_.body.reserve(std::min<std::uint64_t>(*length, kDefaultReserve));
  }
  std::size_t on_body_impl(Text body, Code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(Code&) override {}
  void on_response_impl(int, Text, int, Code&) override {}

  static constexpr std::uint64_t kDefaultReserve = 64UL * 1024;

  Request& request_;
  int version_ = 11;
  bool header_done_ = false;
};

}  // namespace orderly::http
