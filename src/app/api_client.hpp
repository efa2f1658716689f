#pragma once

#include <string>

#include "base/clock.hpp"
#include "http/client.hpp"
#include "json/value.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::app {

/// A command's connection to a running server: one call at a time, blocking. Throws
/// std::runtime_error with a message for a person where there is no answer.
class ApiClient {
 public:
  explicit ApiClient(const std::string& url);

  http::ClientResponse get(const std::string& path);
  http::ClientResponse post(const std::string& path, std::string body, http::Headers headers = {});
  http::ClientResponse call(http::Method method, const std::string& path, std::string body);
  http::ClientResponse send(http::ClientRequest request);

 private:
  SystemClock clock_;
  runtime::AsioEventLoop loop_{clock_};
  http::Client client_;
};

/// The `message` of a problem body, or the body itself.
std::string message_of(const http::ClientResponse& response);

/// The body of an answer that is to be JSON. Throws std::runtime_error where it is not.
json::Value json_of(const http::ClientResponse& response);

/// JSON as `jq .` prints it: two spaces, members in the order sent, a line feed at the end.
std::string pretty(const json::Value& value);

}  // namespace orderly::app
