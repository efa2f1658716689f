#include "app/peers.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/dates.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "runtime/on_loop.hpp"

namespace orderly::app {
namespace {

/// The projector asks inside its serial path, where pushes wait too: one that came while another
/// was asking is still answered within its ack deadline, and within a stop's grace.
constexpr std::chrono::milliseconds kBarrierTimeout{3'000};

/// How much longer than the wait that was asked for an answer may take.
constexpr std::chrono::seconds kAnswerTime{5};

std::unexpected<Error> problem_of(const http::ClientResponse& response, ErrorKind kind) {
  const auto problem = json::Value::parse(response.body);
  const auto text = [&](std::string_view key) {
    return std::string(problem ? problem->string_at(key).value_or("") : "");
  };
  return failure(kind, text("code"), text("message"));
}

Result<orderinfo::ClosedTime> parse_closed_time(const std::string& body) {
  const auto answer = json::Value::parse(body);
  if (!answer) return std::unexpected(answer.error());
  const auto epoch = Uuid::parse(answer->string_at("epoch").value_or(""));
  const auto position = answer->int_at("position");
  if (!epoch || !position) return invalid("", "The answer has no epoch and position.");
  return orderinfo::ClosedTime{*epoch, *position};
}

orderinfo::ClosedTime closed_time(const product::ClosedTime& closed) {
  return {.epoch = closed.epoch, .position = closed.position};
}

}  // namespace

runtime::Task<Result<orderinfo::ClosedTime>> LocalPriceBarrier::close(UtcTime time) {
  if (const auto closed = store_.close_at_once(time)) co_return closed_time(*closed);
  auto closed = co_await runtime::on_loop(loop_, store_.close(time));
  if (!closed) co_return std::unexpected(std::move(closed.error()));
  co_return closed_time(*closed);
}

runtime::Task<Result<orderinfo::ClosedTime>> RemotePriceBarrier::close(UtcTime time) {
  const auto response =
      co_await client_.send({.method = http::Method::kPost,
                             .target = "/api/v1/product/barrier",
                             .body = R"({"time":")" + format_rfc3339(time) + "\"}",
                             .timeout = kBarrierTimeout,
                             .idempotent = true});
  if (response.status == 409) co_return problem_of(response, ErrorKind::kConflict);
  auto closed = parse_closed_time(response.body);
  if (response.status != 200 || !closed) {
    throw Unavailable("the product service at " + client_.peer() + " answered " +
                      std::to_string(response.status) + " to the question for final prices");
  }
  co_return closed;
}

runtime::Task<Result<Cursor>> LocalSettledOrders::settled(events::ConsistencyToken token,
                                                          std::chrono::seconds wait) {
  const OrderId order{token.subject};
  const auto seen = co_await visibility_.wait_for(std::move(token), {.wait = wait});
  if (!seen) co_return std::unexpected(seen.error());
  // What is settled has its row at or before the head, unless it is visible and not durable yet.
  const Position head = std::max(store_.progress().head, store_.stations(order).change);
  co_return Cursor{store_.epoch(), head, Uuid{}};
}

runtime::Task<Result<Cursor>> RemoteSettledOrders::settled(events::ConsistencyToken token,
                                                           std::chrono::seconds wait) {
  // Whose order it is does not matter: what counts is that the service has settled it.
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("customer_id", "-")
      .member("order_id", token.subject)
      .end_object();
  http::ClientRequest request{.method = http::Method::kPost,
                              .target = "/api/v1/orderinfo/get",
                              .body = std::move(body),
                              .timeout = wait + kAnswerTime,
                              .idempotent = true};
  request.headers.add(events::kConsistencyTokenHeader, events::encode_token(token));
  if (wait.count() > 0) request.headers.add("Prefer", "wait=" + std::to_string(wait.count()));
  const auto response = co_await client_.send(std::move(request));
  if (response.status == 409) co_return problem_of(response, ErrorKind::kConflict);
  if (response.status == 503) {
    auto problem = problem_of(response, ErrorKind::kUnavailable);
    if (problem.error().code == "not_visible_yet") co_return problem;
  }
  if (response.status != 200 && response.status != 404) {
    throw Unavailable("the orderinfo service at " + client_.peer() + " answered " +
                      std::to_string(response.status) + " to the question for an order");
  }
  const auto page = co_await changes_.read(Cursor{}, 1, std::chrono::milliseconds(0));
  if (!page) throw Unavailable("the orderinfo service has no change log: " + page.error().message);
  co_return Cursor{page->epoch, page->head, Uuid{}};
}

http::Client open_peer(runtime::EventLoop& loop, const std::string& url, const char* flag) {
  auto client = http::Client::open(loop, url);
  if (!client) throw std::runtime_error(std::string(flag) + ": " + client.error().message);
  return std::move(*client);
}

}  // namespace orderly::app
