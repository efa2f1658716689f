#include <algorithm>
#include <string>
#include <utility>

#include "broker/api/calls.hpp"
#include "broker/api/message_json.hpp"
#include "json/object_reader.hpp"

namespace orderly::broker::api {
using json::parse_document;
namespace {

/// As many ids as the port takes at once, off the end of `ids`.
std::vector<std::string> take_some(std::vector<std::string>& ids) {
  const auto from = ids.end() - static_cast<std::ptrdiff_t>(std::min(ids.size(), kMaxAckIds));
  std::vector<std::string> some(std::make_move_iterator(from), std::make_move_iterator(ids.end()));
  ids.erase(from, ids.end());
  return some;
}

}  // namespace

Answer publish(Service& service, const http::Request& request, http::PathParameters path) {
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto messages = parse_publish(*body);
  if (!messages) co_return std::unexpected(std::move(messages.error()));
  auto ids = co_await service.ports.puller.append(path.at("topic"), std::move(*messages));
  if (!ids) co_return std::unexpected(std::move(ids.error()));
  co_return http::Response::json(encode_message_ids(*ids));
}

Answer pull(Service& service, const http::Request& request, http::PathParameters path) {
  const std::string& name = path.at("subscription");
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  const auto asked = parse_pull(*body);
  if (!asked) co_return std::unexpected(asked.error());
  const auto info = co_await service.ports.topology.subscription(name);
  if (!info) co_return std::unexpected(info.error());
  const auto wait = asked->return_immediately ? std::chrono::milliseconds(0) : kMaxPullWait;
  auto messages = co_await service.ports.puller.pull(name, asked->max, wait);
  if (!messages) co_return std::unexpected(std::move(messages.error()));
  const bool tells_attempts = info->config.dead_letter.has_value();
  co_return http::Response::json(encode_pulled(*messages, tells_attempts));
}

Answer acknowledge(Service& service, const http::Request& request, http::PathParameters path) {
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto asked = parse_acknowledge(*body);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  while (!asked->ack_ids.empty()) {
    auto done = co_await service.ports.puller.acknowledge(path.at("subscription"),
                                                          take_some(asked->ack_ids));
    if (!done) co_return std::unexpected(std::move(done.error()));
  }
  co_return nothing();
}

Answer modify_ack_deadline(Service& service, const http::Request& request,
                           http::PathParameters path) {
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto asked = parse_modify_ack_deadline(*body);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  while (!asked->ack_ids.empty()) {
    auto done = co_await service.ports.puller.modify_ack_deadline(
        path.at("subscription"), take_some(asked->ack_ids), asked->deadline);
    if (!done) co_return std::unexpected(std::move(done.error()));
  }
  co_return nothing();
}

}  // namespace orderly::broker::api
