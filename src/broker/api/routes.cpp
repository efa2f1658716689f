#include "broker/api/routes.hpp"

#include <memory>
#include <utility>

#include "broker/api/calls.hpp"
#include "http/google_error.hpp"
#include "http/problem.hpp"
#include "runtime/on_loop.hpp"

namespace orderly::broker::api {
namespace {

constexpr const char* kProject = "/v1/projects/{project}";

using Call = Answer (*)(Service& service, const http::Request& request, http::PathParameters path);

http::Response too_many() {
  auto response = http::google_error(429, "overloaded", "Too many calls are being answered.");
  http::set_retry_after(response, std::chrono::seconds(1));
  return response;
}

/// The routes' side on the server's loop: it bounds the calls and hands them over.
class Door : public std::enable_shared_from_this<Door> {
 public:
  Door(const Ports& ports, Options options) : service_(ports, std::move(options)) {}

  void add(http::Router& router, http::Method method, const std::string& path, Call call,
           http::RouteOptions options = {}) {
    options.service = "event-publisher";
    options.loopback_only = service_.options.loopback_only;
    options.errors = http::ErrorFormat::kGoogle;
    std::size_t& calls = options.may_wait ? waiting_pulls_ : calls_;
    const std::size_t max_calls = options.may_wait ? kMaxPullCalls : kMaxCalls;
    router.add(method, kProject + path, std::move(options),
               [self = shared_from_this(), call, &calls, max_calls](const http::Request& request,
                                                                    http::PathParameters where) {
                 return self->answer(call, request, std::move(where), calls, max_calls);
               });
  }

 private:
  runtime::Task<http::Response> answer(Call call, const http::Request& request,
                                       http::PathParameters path, std::size_t& calls,
                                       std::size_t max_calls) {
    if (calls >= max_calls) co_return too_many();
    struct Counted {
      std::size_t& count;
      explicit Counted(std::size_t& counter) : count(counter) { ++count; }
      ~Counted() { --count; }
    } const counted(calls);
    if (auto checked = service_.names.check_project(path.at("project")); !checked) {
      co_return http::google_error(checked.error());
    }
    auto done =
        co_await runtime::on_loop(service_.ports.loop, call(service_, request, std::move(path)));
    co_return done ? std::move(*done) : http::google_error(done.error());
  }

  Service service_;
  std::size_t calls_ = 0;
  std::size_t waiting_pulls_ = 0;
};

void add_topics(Door& door, http::Router& router) {
  using http::Method;
  const std::string topic = "/topics/{topic}";
  door.add(router, Method::kGet, "/topics", list_topics);
  door.add(router, Method::kPut, topic, create_topic);
  door.add(router, Method::kGet, topic, get_topic);
  door.add(router, Method::kDelete, topic, delete_topic);
  door.add(router, Method::kGet, topic + "/subscriptions", list_topic_subscriptions);
  door.add(router, Method::kPost, topic + ":publish", publish, {.max_body_bytes = kMaxPublishBody});
}

void add_subscriptions(Door& door, http::Router& router) {
  using http::Method;
  const std::string subscription = "/subscriptions/{subscription}";
  door.add(router, Method::kGet, "/subscriptions", list_subscriptions);
  door.add(router, Method::kPut, subscription, create_subscription);
  door.add(router, Method::kGet, subscription, get_subscription);
  door.add(router, Method::kDelete, subscription, delete_subscription);
  door.add(router, Method::kPatch, subscription, update_subscription);
  door.add(router, Method::kPost, subscription + ":modifyPushConfig", modify_push_config);
  door.add(router, Method::kPost, subscription + ":seek", seek);
  door.add(router, Method::kPost, subscription + ":detach", detach);
  door.add(router, Method::kPost, subscription + ":pull", pull, {.may_wait = true});
  door.add(router, Method::kPost, subscription + ":acknowledge", acknowledge,
           {.max_body_bytes = kMaxAckBody});
  door.add(router, Method::kPost, subscription + ":modifyAckDeadline", modify_ack_deadline,
           {.max_body_bytes = kMaxAckBody});
}

}  // namespace

void add_routes(http::Router& router, const Ports& ports, Options options) {
  const auto door = std::make_shared<Door>(ports, std::move(options));
  add_topics(*door, router);
  add_subscriptions(*door, router);
}

}  // namespace orderly::broker::api
