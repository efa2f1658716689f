#include "broker/push_endpoint.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "broker/unwrapped_headers.hpp"
#include "events/message.hpp"

namespace orderly::broker {
namespace {

struct Url {
  std::string origin;
  std::string target;
};

/// `http://host:port/path?query` as origin and target; http::Client checks the origin.
Url split(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::size_t host = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t path = std::min(url.find_first_of("/?", host), url.size());
  Url parts{std::string(url.substr(0, path)), std::string(url.substr(path))};
  if (!parts.target.starts_with('/')) parts.target.insert(0, "/");
  return parts;
}

TraceContext trace_of(const events::Message& message) {
  const auto* text = message.attributes.find(events::kTraceparentAttribute);
  return text == nullptr ? TraceContext{} : TraceContext::parse(*text).value_or(TraceContext{});
}

}  // namespace

bool acknowledges(int status) {
  constexpr std::array kAcknowledging{102, 200, 201, 202, 204};
  return std::ranges::find(kAcknowledging, status) != kAcknowledging.end();
}

Result<std::shared_ptr<Endpoint>> PushEndpoint::open(runtime::EventLoop& loop,
                                                     const SubscriptionConfig& config,
                                                     std::string_view project) {
  const auto* push = std::get_if<Push>(&config.delivery);
  if (push == nullptr) return invalid("push_endpoint", "the subscription does not push");
  Url url = split(push->url);
  const http::ClientLimits limits{.connect_timeout = std::min<std::chrono::milliseconds>(
                                      config.ack_deadline, http::ClientLimits{}.connect_timeout),
                                  .request_timeout = config.ack_deadline,
                                  .max_response_bytes = kMaxPushAnswerBytes,
                                  .max_connections = kMaxPushWindow};
  auto client = http::Client::open(loop, url.origin, limits);
  if (!client) return std::unexpected(std::move(client.error()));
  std::string name =
      "projects/" + std::string(project) + "/subscriptions/" + std::string(config.name);
  const Style style{.unwrapped = push->unwrapped,
                    .write_metadata = push->write_metadata,
                    .tells_attempts = config.dead_letter.has_value()};
  return std::make_shared<PushEndpoint>(std::move(*client), std::move(url.target), std::move(name),
                                        style);
}

PushEndpoint::PushEndpoint(http::Client client, std::string target, std::string subscription,
                           Style style)
    : client_(std::move(client)),
      target_(std::move(target)),
      subscription_(std::move(subscription)),
      style_(style) {}

runtime::Task<std::vector<Outcome>> PushEndpoint::deliver(std::span<const Delivery> batch) {
  std::vector<Outcome> outcomes;
  outcomes.reserve(batch.size());
  for (const auto& delivery : batch) {
    outcomes.push_back(co_await post(delivery));
  }
  co_return outcomes;
}

runtime::Task<Outcome> PushEndpoint::post(const Delivery& delivery) {
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.target = target_;
  request.headers.add("User-Agent", kPushUserAgent);
  const std::int64_t told_attempt = style_.tells_attempts ? delivery.attempt : 0;
  if (style_.unwrapped) {
    request.body = delivery.message->data;
    request.content_type = kUnwrappedContentType;
    if (style_.write_metadata) {
      const Metadata metadata{subscription_, told_attempt};
      if (auto type = add_metadata(request.headers, *delivery.message, metadata)) {
        request.content_type = std::move(*type);
      }
    }
  } else {
    request.body = events::encode_push({.message = *delivery.message,
                                        .subscription = subscription_,
                                        .delivery_attempt = told_attempt});
  }
  request.trace = trace_of(*delivery.message);
  try {
    const auto response = co_await client_.send(std::move(request));
    if (acknowledges(response.status)) co_return Outcome::acknowledge();
    co_return Outcome::reject("answered with status " + std::to_string(response.status));
  } catch (const Unavailable& unavailable) {
    co_return Outcome::reject(unavailable.what());
  }
}

}  // namespace orderly::broker
