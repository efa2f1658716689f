#include "app/api_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace orderly::app {
namespace {

/// Longer than the server lets any call take, so that it is the server who says what went wrong.
constexpr std::chrono::milliseconds kCallTimeout{60'000};

http::Client open_client(runtime::EventLoop& loop, const std::string& url) {
  auto client = http::Client::open(loop, url, {.request_timeout = kCallTimeout});
  if (!client) throw std::runtime_error("--url: " + client.error().message);
  return std::move(*client);
}

void append_pretty(std::string& out, const json::Value& value, const std::string& indent);

void append_members(std::string& out, const json::Value& object, const std::string& indent) {
  bool first = true;
  object.for_each_member([&](std::string_view key, const json::Value& member) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(indent).append("  \"").append(key).append("\": ");
    append_pretty(out, member, indent + "  ");
  });
}

void append_elements(std::string& out, const json::Value& array, const std::string& indent) {
  for (std::size_t i = 0; i < array.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out.append(indent).append("  ");
    append_pretty(out, array.at(i), indent + "  ");
  }
}

void append_pretty(std::string& out, const json::Value& value, const std::string& indent) {
  const bool nested = value.is_object() || value.is_array();
  if (!nested || value.size() == 0) {
    out += value.to_json();
    return;
  }
  out += value.is_object() ? '{' : '[';
  if (value.is_object()) {
    append_members(out, value, indent);
  } else {
    append_elements(out, value, indent);
  }
  out.append("\n").append(indent);
  out += value.is_object() ? '}' : ']';
}

}  // namespace

ApiClient::ApiClient(const std::string& url) : client_(open_client(loop_, url)) {}

http::ClientResponse ApiClient::get(const std::string& path) { return send({.target = path}); }

http::ClientResponse ApiClient::post(const std::string& path, std::string body,
                                     http::Headers headers) {
  return send({.method = http::Method::kPost,
               .target = path,
               .headers = std::move(headers),
               .body = std::move(body)});
}

http::ClientResponse ApiClient::call(http::Method method, const std::string& path,
                                     std::string body) {
  return send({.method = method, .target = path, .headers = {}, .body = std::move(body)});
}

http::ClientResponse ApiClient::send(http::ClientRequest request) {
  std::optional<http::ClientResponse> response;
  std::exception_ptr failure;
  runtime::asio::co_spawn(loop_.executor(), client_.send(std::move(request)),
                          [&](const std::exception_ptr& error, http::ClientResponse answer) {
                            failure = error;
                            response = std::move(answer);
                            loop_.stop();
                          });
  loop_.context().restart();
  loop_.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*response);
}

std::string message_of(const http::ClientResponse& response) {
  if (const auto body = json::Value::parse(response.body)) {
    if (const auto message = body->string_at("message")) return std::string(*message);
  }
  return response.body.empty() ? "HTTP status " + std::to_string(response.status) : response.body;
}

json::Value json_of(const http::ClientResponse& response) {
  auto value = json::Value::parse(response.body);
  if (!value) throw std::runtime_error("unexpected answer: " + value.error().message);
  return std::move(*value);
}

std::string pretty(const json::Value& value) {
  std::string out;
  append_pretty(out, value, "");
  out += '\n';
  return out;
}

}  // namespace orderly::app
