#include "app/pubsub_client.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "app/cli_commands.hpp"
#include "base/text.hpp"
#include "http/query.hpp"
#include "warehouse/table_print.hpp"

namespace orderly::app {
namespace {

constexpr std::size_t kMaxPages = 10'000;

/// Google's errors have their message one level down.
std::string refusal_of(const http::ClientResponse& response) {
  const auto body = json::Value::parse(response.body);
  const auto error = body ? body->find("error") : std::nullopt;
  const auto message = error ? error->string_at("message") : std::nullopt;
  return message ? std::string(*message) : message_of(response);
}

void append_yaml(std::string& out, const json::Value& value, const std::string& indent);

/// Behind `name:` or `-`.
void append_yaml_value(std::string& out, const json::Value& value, const std::string& indent) {
  if ((value.is_object() || value.is_array()) && value.size() > 0) {
    out += '\n';
    append_yaml(out, value, indent + "  ");
    return;
  }
  const auto text = value.as_string();
  const bool plain = text && !text->empty() &&
                     text->find_first_of(":#'\"{}[],&*!|>%@`\n") == std::string_view::npos;
  out.append(" ").append(plain ? std::string(*text) : value.to_json()).append("\n");
}

void append_yaml(std::string& out, const json::Value& value, const std::string& indent) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      out.append(indent).append("-");
      append_yaml_value(out, value.at(i), indent);
    }
    return;
  }
  value.for_each_member([&](std::string_view name, const json::Value& member) {
    out.append(indent).append(name).append(":");
    append_yaml_value(out, member, indent);
  });
}

}  // namespace

void add_pubsub_target(CLI::App& command, PubsubTarget& target) {
  add_url(command, target.url);
  target.project = "orderly";
  command.add_option("--project", target.project, "The server's project")
      ->envname("ORDERLY_PROJECT")
      ->capture_default_str();
}

void add_format(CLI::App& command, PubsubTarget& target) {
  command.add_option("--format", target.format, "table (for people) or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

PubsubClient::PubsubClient(const PubsubTarget& target)
    : api_(target.url), project_(target.project) {}

std::string PubsubClient::resource(std::string_view kind, std::string_view name) const {
  const std::string prefix = "projects/" + project_ + "/" + std::string(kind) + "/";
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return std::string(kind) + "/" + http::percent_encode(name);
}

json::Value PubsubClient::call(http::Method method, std::string_view path, std::string body) {
  const std::string target =
      "/v1/projects/" + http::percent_encode(project_) + "/" + std::string(path);
  const auto response = api_.call(method, target, std::move(body));
  if (response.status != 200) throw std::runtime_error(refusal_of(response));
  return json_of(response);
}

std::vector<json::Value> PubsubClient::list(std::string_view path, std::string_view member) {
  std::vector<json::Value> all;
  std::string token;
  for (std::size_t pages = 0; pages < kMaxPages; ++pages) {
    const std::string query = token.empty() ? "" : "?pageToken=" + http::percent_encode(token);
    const auto page = call(http::Method::kGet, std::string(path) + query);
    const auto elements = page.find(member);
    for (std::size_t i = 0; elements && i < elements->size(); ++i)
      all.push_back(elements->at(i));
    token = page.string_at("nextPageToken").value_or("");
    if (token.empty()) break;
  }
  return all;
}

std::string short_name(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

void say_done(std::string_view what, std::string_view kind, const std::string& name) {
  std::fprintf(stderr, "%s %s [%s].\n", std::string(what).c_str(), std::string(kind).c_str(),
               name.c_str());
}

void print_one(const json::Value& value, const std::string& format) {
  std::string text;
  if (format == "json") {
    text = pretty(value);
  } else {
    append_yaml(text, value, "");
  }
  std::fputs(text.c_str(), stdout);
}

void print_table(const Listing& listing) {
  if (listing.rows.empty()) std::fputs("There is nothing.\n", stderr);
  warehouse::ResultTable result;
  for (const auto& header : listing.headers)
    result.columns.push_back({.name = header, .type = "VARCHAR"});
  for (const auto& row : listing.rows)
    result.rows.emplace_back(row.begin(), row.end());
  std::fputs(warehouse::print_result(result, warehouse::TableFormat::kTable).c_str(), stdout);
}

void print_json(const std::vector<json::Value>& values) {
  std::string text = "[";
  for (const auto& value : values)
    text.append(text.size() > 1 ? "," : "").append(value.to_json());
  std::fputs(pretty(*json::Value::parse(text + "]")).c_str(), stdout);
}

}  // namespace orderly::app
