#include "app/peers.hpp"

#include <stdexcept>

#include "base/dates.hpp"
#include "json/value.hpp"
#include "runtime/on_loop.hpp"

namespace orderly::app {
namespace {

/// The projector asks inside its serial path, where pushes wait too: one that came while another
/// was asking is still answered within its ack deadline, and within a stop's grace.
constexpr std::chrono::milliseconds kBarrierTimeout{3'000};

Result<orderinfo::ClosedTime> parse_closed_time(const std::string& body) {
  const auto answer = json::Value::parse(body);
  if (!answer) return std::unexpected(answer.error());
  const auto epoch = Uuid::parse(answer->string_at("epoch").value_or(""));
  const auto position = answer->int_at("position");
  if (!epoch || !position) return invalid("", "The answer has no epoch and position.");
  return orderinfo::ClosedTime{*epoch, *position};
}

}  // namespace

runtime::Task<Result<orderinfo::ClosedTime>> LocalPriceBarrier::close(UtcTime time) {
  auto closed = co_await runtime::on_loop(loop_, store_.close(time));
  if (!closed) co_return std::unexpected(std::move(closed.error()));
  co_return orderinfo::ClosedTime{closed->epoch, closed->position};
}

runtime::Task<Result<orderinfo::ClosedTime>> RemotePriceBarrier::close(UtcTime time) {
  const auto response =
      co_await client_.send({.method = http::Method::kPost,
                             .target = "/api/v1/product/barrier",
                             .body = R"({"time":")" + format_rfc3339(time) + "\"}",
                             .timeout = kBarrierTimeout,
                             .idempotent = true});
  if (response.status == 409) {
    const auto problem = json::Value::parse(response.body);
    const auto text = [&](std::string_view key) {
      return std::string(problem ? problem->string_at(key).value_or("") : "");
    };
    co_return failure(ErrorKind::kConflict, text("code"), text("message"));
  }
  auto closed = parse_closed_time(response.body);
  if (response.status != 200 || !closed) {
    throw Unavailable("the product service at " + client_.peer() + " answered " +
                      std::to_string(response.status) + " to the question for final prices");
  }
  co_return closed;
}

http::Client open_peer(runtime::EventLoop& loop, const std::string& url, const char* flag) {
  auto client = http::Client::open(loop, url);
  if (!client) throw std::runtime_error(std::string(flag) + ": " + client.error().message);
  return std::move(*client);
}

}  // namespace orderly::app
