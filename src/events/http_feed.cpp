#include "events/http_feed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "events/feed_cursor.hpp"
#include "json/value.hpp"

namespace orderly::events {
namespace {

/// How much longer than the wait that was asked for an answer may take.
constexpr std::chrono::milliseconds kAnswerTime{10'000};

std::string target_of(const std::string& path, const Cursor& after, std::size_t limit,
                      std::chrono::milliseconds wait) {
  std::string target = fmt::format("{}?after={}&limit={}&wait={}.{:03}", path, after.position,
                                   limit, wait.count() / 1000, wait.count() % 1000);
  if (!after.epoch.is_nil()) target += "&epoch=" + after.epoch.to_string();
  if (!after.event_id.is_nil()) target += "&event_id=" + after.event_id.to_string();
  return target;
}

Error conflict_of(const std::string& body) {
  Error error{ErrorKind::kConflict,
              std::string(kPositionConflict),
              "The feed has another history than the reader.",
              {}};
  const auto problem = json::Value::parse(body);
  if (!problem) return error;
  if (const auto code = problem->string_at("code")) error.code = *code;
  if (const auto message = problem->string_at("message")) error.message = *message;
  return error;
}

}  // namespace

runtime::Task<Result<std::string>> get_page(http::Client& client, std::string path, Cursor after,
                                            std::size_t limit, std::chrono::milliseconds wait) {
  wait = std::clamp(wait, std::chrono::milliseconds(0), kMaxFeedWait);
  http::ClientRequest request;
  request.target = target_of(path, after, limit, wait);
  request.timeout = wait + kAnswerTime;
  auto response = co_await client.send(std::move(request));
  if (response.status == 200) co_return std::move(response.body);
  if (response.status == 409) co_return std::unexpected(conflict_of(response.body));
  throw Unavailable(fmt::format("{}{} answered {}", client.peer(), path, response.status));
}

void refuse_page(const http::Client& client, const std::string& path, const Error& why) {
  throw Unavailable(fmt::format("{}{} answered with no page of a feed: {} {}", client.peer(), path,
                                why.field, why.message));
}

}  // namespace orderly::events
