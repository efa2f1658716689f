#include "rebuild/routes.hpp"

#include <array>
#include <utility>

#include "base/dates.hpp"
#include "http/problem.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace orderly::rebuild {
namespace {

constexpr int kAccepted = 202;

constexpr std::array<std::pair<std::string_view, Command::Action>, 5> kActions = {{
    {"start", Command::Action::kStart},
    {"swap", Command::Action::kSwap},
    {"rollback", Command::Action::kRollback},
    {"cancel", Command::Action::kCancel},
    {"drop", Command::Action::kDrop},
}};

Result<Command> parse(std::string_view body) {
  const auto object = json::FlatObject::parse(body);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto name = fields.required_string("action");
  const auto swap = fields.optional_bool("swap_when_equal");
  const auto keep = fields.optional_int("keep_seconds", 0, kMaxKeep.count());
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  for (const auto& [known, action] : kActions) {
    if (name != known) continue;
    return Command{.action = action,
                   .swap_when_equal = swap.value_or(true),
                   .keep = keep ? std::chrono::seconds(*keep) : kDefaultKeep};
  }
  return invalid("action", "action must be start, swap, rollback, cancel or drop.");
}

void write(json::Writer& writer, const Difference& difference) {
  writer.begin_object();
  if (!difference.table.empty()) writer.member("table", difference.table);
  writer.member("key", difference.key);
  if (!difference.live.empty()) writer.key("live").raw(difference.live);
  if (!difference.rebuilt.empty()) writer.key("rebuilt").raw(difference.rebuilt);
  writer.end_object();
}

std::string to_json(const Status& status) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("phase", to_string(status.phase));
  if (status.phase == Phase::kFilling || status.phase == Phase::kComparing) {
    writer.member("done", status.done).member("of", status.of).member("rate", status.rate);
    if (status.left) writer.member("left_ms", status.left->count());
  }
  writer.member("took_ms", status.took.count())
      .member("behind", status.behind)
      .member("compared", status.compared)
      .member("differences", status.differences)
      .key("named")
      .begin_array();
  for (const Difference& difference : status.named)
    write(writer, difference);
  writer.end_array();
  if (status.kept_until) writer.member("kept_until", format_rfc3339(*status.kept_until));
  writer.member("ended", status.ended).member("failed", status.failed);
  if (!status.last.empty()) writer.member("last", status.last);
  writer.end_object();
  return body;
}

runtime::Task<http::Response> tell(const Rebuild& rebuild) {
  co_return http::Response::json(to_json(rebuild.status()));
}

runtime::Task<http::Response> take(Rebuild& rebuild, std::string body) {
  const auto command = parse(body);
  if (!command) co_return http::problem(command.error());
  const auto taken = rebuild.request(*command);
  if (!taken) co_return http::problem(taken.error());
  std::string answer;
  json::Writer(answer).begin_object().member("ended", *taken).end_object();
  co_return http::Response::json(std::move(answer), kAccepted);
}

}  // namespace

void add_routes(http::Router& router, const std::string& path, const std::string& service,
                Rebuild& rebuild) {
  const http::RouteOptions options{.service = service, .loopback_only = true};
  router.get(path, options, [&rebuild](const http::Request&) { return tell(rebuild); });
  router.post(path, options,
              [&rebuild](const http::Request& request) { return take(rebuild, request.body); });
}

}  // namespace orderly::rebuild
