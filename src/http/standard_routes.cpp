#include "http/standard_routes.hpp"

#include <memory>

#include "http/problem.hpp"
#include "json/writer.hpp"

namespace orderly::http {
namespace {

constexpr std::string_view kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kYaml = "application/yaml";

Response readiness_answer(const Unready& unready) {
  Response response;
  response.status = unready.empty() ? 200 : 503;
  json::Writer writer(response.body);
  writer.begin_object().member("ready", unready.empty()).key("reasons").begin_array();
  for (const auto& [what, reason] : unready) {
    writer.begin_object().member("what", what).member("reason", reason).end_object();
  }
  writer.end_array().end_object();
  if (!unready.empty()) set_retry_after(response, std::chrono::seconds(1));
  return response;
}

using Answer = std::function<Response()>;

runtime::Task<Response> give(const Answer& answer) { co_return answer(); }

Handler handler_of(Answer answer) {
  return [answer = std::move(answer)](const Request&) { return give(answer); };
}

}  // namespace

void add_standard_routes(Router& router, StandardRoutes standard) {
  const auto add = [&](const std::string& path, const Answer& answer) {
    router.get(path, {}, handler_of(answer));
    for (const auto& service : standard.services) {
      router.get(path, {.service = service, .prefixed_only = true}, handler_of(answer));
    }
  };
  add("/healthz", [] { return Response::json(R"({"status":"ok"})"); });
  add("/readyz", [readiness = standard.readiness] {
    return readiness_answer(readiness ? readiness() : Unready{});
  });
  add("/metrics", [&metrics = router.metrics()] {
    Response response = Response::text(metrics.expose());
    response.content_type = kPrometheusText;
    return response;
  });
  add("/openapi.yaml", [text = std::make_shared<std::string>(std::move(standard.openapi))] {
    Response response = Response::text(*text);
    response.content_type = kYaml;
    return response;
  });
}

}  // namespace orderly::http
