#include "app/backups.hpp"
#include "http/problem.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

constexpr const char* kPath = "/api/v1/admin/backup";
constexpr int kAccepted = 202;

Result<std::string> parse(std::string_view body) {
  const auto object = json::FlatObject::parse(body);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  std::string directory(fields.required_string("directory"));
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  return directory;
}

runtime::Task<http::Response> begin(Backups& backups, std::string body) {
  const auto directory = parse(body);
  if (!directory) co_return http::problem(directory.error());
  const auto ticket = backups.request(*directory);
  if (!ticket) co_return http::problem(ticket.error());
  std::string answer;
  json::Writer(answer).begin_object().member("ticket", *ticket).end_object();
  co_return http::Response::json(std::move(answer), kAccepted);
}

void write_ended(json::Writer& writer, const Backups::Ended& ended) {
  writer.begin_object()
      .member("ticket", ended.ticket)
      .member("directory", ended.folder.string())
      .member("made", !ended.error.has_value());
  if (ended.error) {
    writer.member("code", ended.error->code).member("reason", ended.error->message);
  }
  writer.member("bytes", ended.bytes).member("took_ms", ended.took.count()).end_object();
}

runtime::Task<http::Response> tell(const Backups& backups) {
  const Backups::Status status = backups.status();
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("requested", status.requested).member("running", status.running);
  if (status.running) {
    writer.member("file", status.file).member("done", status.done).member("of", status.of);
  }
  if (status.last) {
    writer.key("last");
    write_ended(writer, *status.last);
  }
  writer.end_object();
  co_return http::Response::json(std::move(body));
}

}  // namespace

void add_backup_routes(http::Router& router, Backups& backups) {
  const http::RouteOptions options{.loopback_only = true};
  router.post(kPath, options,
              [&backups](const http::Request& request) { return begin(backups, request.body); });
  router.get(kPath, options, [&backups](const http::Request&) { return tell(backups); });
}

}  // namespace orderly::app
