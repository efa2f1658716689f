#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "http/client.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::broker {

inline constexpr std::string_view kPushUserAgent = "CloudPubSub-Google";
inline constexpr std::string_view kDefaultProject = "orderly";
inline constexpr std::size_t kMaxPushAnswerBytes = 1024UL * 1024;  ///< more is no answer

/// Whether a push that was answered with `status` is acknowledged, as Pub/Sub documents it
/// (https://cloud.google.com/pubsub/docs/push#receive_push). 102 is an interim answer in HTTP, so
/// http::Client waits for the one after it.
bool acknowledges(int status);

/// Posts each message as Pub/Sub does: a request with the genuine body, within the ack deadline,
/// following no redirects. Everything but an acknowledging status rejects the message, also where
/// nobody answers: a message that kills its subscriber must not hold up the others. An unwrapped
/// subscription gets the data alone, see unwrapped_headers().
class PushEndpoint final : public Endpoint {
 public:
  /// For a subscription that pushes; its full name is projects/PROJECT/subscriptions/NAME. kInvalid
  /// names the bad URL.
  static Result<std::shared_ptr<Endpoint>> open(runtime::EventLoop& loop,
                                                const SubscriptionConfig& config,
                                                std::string_view project = kDefaultProject);

  struct Style {
    bool unwrapped = false;
    bool write_metadata = false;
    bool tells_attempts = false;  ///< only with a dead letter policy, as Pub/Sub does
  };
  PushEndpoint(http::Client client, std::string target, std::string subscription, Style style);
  runtime::Task<std::vector<Outcome>> deliver(std::span<const Delivery> batch) override;

 private:
  runtime::Task<Outcome> post(const Delivery& delivery);

  http::Client client_;
  std::string target_;
  std::string subscription_;
  Style style_;
};

}  // namespace orderly::broker
