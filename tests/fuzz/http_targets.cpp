#include <array>

#include "fuzz/target.hpp"
#include "http/accept_encoding.hpp"
#include "http/base_url.hpp"
#include "http/idempotency.hpp"
#include "http/list_page.hpp"
#include "http/path_template.hpp"
#include "http/prefer.hpp"
#include "http/query.hpp"

namespace orderly::fuzz {
namespace {

/// Each line of the input is a value of Prefer and of Idempotency-Key and of Accept-Encoding.
void headers(std::string_view input) {
  http::Request request;
  for (auto rest = input; !rest.empty();) {
    const auto [line, behind] = split(rest, '\n');
    request.headers.add("Prefer", line);
    request.headers.add("Idempotency-Key", line);
    rest = behind;
  }
  const auto preferences = http::Preferences::of(request);
  if (preferences.wait) {
    expect(preferences.wait->count() >= 0 && *preferences.wait <= http::kMaxPreferredWait,
           "waits are bounded");
  }
  if (const auto key = http::find_idempotency_key(request); key && *key) {
    expect(!(*key)->empty() && (*key)->size() <= 255, "keys are bounded");
    for (const char c : **key)
      expect(c >= ' ' && c <= '~', "keys are printable");
  }
  expect(http::choose_encoding(input, {}) == http::Encoding::kIdentity,
         "only what is there is sent");
  expect(http::choose_encoding(input, {.gzip = true}) != http::Encoding::kBrotli,
         "only what is there is sent");
  http::choose_encoding(input, {.gzip = true, .brotli = true});
}

/// A path, and behind a `?` a query.
void targets_of_requests(std::string_view input) {
  static const std::array<http::PathTemplate, 3> kTemplates = {
      http::PathTemplate("/v1/projects/{project}/topics/{topic}:publish"),
      http::PathTemplate("/v1/projects/{project}/subscriptions"), http::PathTemplate("/v1/{name}")};
  const auto [path, query] = split(input, '?');
  const bool whole = http::percent_decode(path).has_value();
  for (const auto& one : kTemplates) {
    if (!whole) break;  // the router refuses those before
    if (const auto found = one.match(path); found && one.text().ends_with("{name}")) {
      expect(!found->at("name").empty(), "a variable is a whole segment");
    }
  }
  if (const auto parsed = http::Query::parse(query)) static_cast<void>(parsed->find("after"));
  if (const auto text = http::percent_decode(input)) {
    expect(http::percent_decode(http::percent_encode(*text)) == text, "text survives a URL");
  }
  http::Request request;
  request.target = input;
  if (const auto page = http::ListPage::of(request)) {
    expect(page->size >= 1 && page->size <= http::kMaxPage, "pages are bounded");
  }
  if (const auto url = http::parse_base_url(input)) {
    expect(!url->host.empty() && url->port_number != 0, "a URL says where a peer is");
    expect(http::parse_base_url("http://" + url->authority + url->path) == url, "a URL survives");
  }
}

const Registered kHeaders("headers", headers);
const Registered kTargets("request_targets", targets_of_requests);

}  // namespace
}  // namespace orderly::fuzz
