#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/api_client.hpp"
#include "app/cli_app.hpp"
#include "http/message.hpp"
#include "json/value.hpp"

namespace orderly::app {

/// Which server, which project, and how to print: what every command on topics and subscriptions is
/// told.
struct PubsubTarget {
  std::string url;
  std::string project;
  std::string format = "table";  ///< or json
};
void add_pubsub_target(CLI::App& command, PubsubTarget& target);
void add_format(CLI::App& command, PubsubTarget& target);

/// Calls the routes of broker/api. Every call throws std::runtime_error with what the server says
/// where it is no success.
class PubsubClient {
 public:
  explicit PubsubClient(const PubsubTarget& target);

  json::Value call(http::Method method, std::string_view path, std::string body = {});
  /// All pages of `path`, the elements of `member`.
  std::vector<json::Value> list(std::string_view path, std::string_view member);

  /// `topics/NAME` or `subscriptions/NAME`, for a path; `name` may be the full one.
  [[nodiscard]] std::string topic(std::string_view name) const { return resource("topics", name); }
  [[nodiscard]] std::string subscription(std::string_view name) const {
    return resource("subscriptions", name);
  }
  [[nodiscard]] const std::string& project() const { return project_; }

 private:
  [[nodiscard]] std::string resource(std::string_view kind, std::string_view name) const;

  ApiClient api_;
  std::string project_;
};

/// The part of a full name behind the last slash.
std::string short_name(std::string_view name);
/// `Created topic [projects/…].` to stderr, as gcloud does.
void say_done(std::string_view what, std::string_view kind, const std::string& name);

/// Prints one resource: as YAML for people, or as JSON.
void print_one(const json::Value& value, const std::string& format);

/// Rows under their headers for people; as JSON the values themselves.
struct Listing {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;
};
void print_table(const Listing& listing);
void print_json(const std::vector<json::Value>& values);

}  // namespace orderly::app
