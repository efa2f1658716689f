#include "audit/routes.hpp"

#include <string>
#include <utility>

#include "http/problem.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace orderly::audit {
namespace {

constexpr const char* kPath = "/api/v1/admin/verify";
constexpr int kAccepted = 202;

Result<Audit::Request> parse(std::string_view body) {
  const auto object = json::FlatObject::parse(body);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto repair = fields.optional_bool("repair");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  return Audit::Request{.repair = repair.value_or(false)};
}

runtime::Task<http::Response> begin(Audit& audit, std::string body) {
  const auto request = parse(body);
  if (!request) co_return http::problem(request.error());
  const auto ticket = audit.request(*request);
  if (!ticket) co_return http::problem(ticket.error());
  std::string answer;
  json::Writer(answer).begin_object().member("ticket", *ticket).end_object();
  co_return http::Response::json(std::move(answer), kAccepted);
}

runtime::Task<http::Response> tell(const Audit& audit) {
  const Audit::Status status = audit.status();
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("requested", status.requested)
      .member("finished", status.finished)
      .member("running", status.running);
  if (status.running) {
    writer.member("phase", to_string(status.phase))
        .member("done", status.done)
        .member("of", status.of);
  }
  if (status.last) writer.key("last").raw(encode(*status.last));
  writer.end_object();
  co_return http::Response::json(std::move(body));
}

}  // namespace

void add_routes(http::Router& router, Audit& audit) {
  const http::RouteOptions options{.service = "orderinfo-service-cqrs", .loopback_only = true};
  router.post(kPath, options,
              [&audit](const http::Request& request) { return begin(audit, request.body); });
  router.get(kPath, options, [&audit](const http::Request&) { return tell(audit); });
}

}  // namespace orderly::audit
