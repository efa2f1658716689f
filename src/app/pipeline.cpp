#include "app/pipeline.hpp"

#include "base/dates.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

using json::Writer;

double in_seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

template <class T>
void optional_member(Writer& writer, std::string_view name, const std::optional<T>& value) {
  writer.key(name);
  value ? writer.value(*value) : writer.null();
}

void write_reasons(Writer& writer, std::string_view name, const http::Unready& reasons) {
  writer.key(name).begin_array();
  for (const auto& [what, reason] : reasons)
    writer.begin_object().member("what", what).member("reason", reason).end_object();
  writer.end_array();
}

void write_delivery(Writer& writer, const broker::SubscriptionStats& stats) {
  writer.begin_object()
      .member("in_flight", stats.in_flight)
      .member("window", stats.window)
      .member("waiting_for_retry", stats.waiting_for_retry)
      .member("delivered", stats.delivered)
      .member("redelivered", stats.redelivered)
      .member("acknowledged", stats.acknowledged)
      .member("rejected", stats.rejected)
      .member("dead_letters", stats.dead_letters)
      .member("keys_waiting", stats.keys_waiting)
      .member("messages_waiting", stats.messages_waiting)
      .end_object();
}

void write_arrow(Writer& writer, const Arrow& arrow) {
  writer.begin_object();
  writer.member("id", arrow.id).member("kind", arrow.kind);
  writer.member("from", arrow.from).member("to", arrow.to);
  optional_member(writer, "head", arrow.head);
  optional_member(writer, "position", arrow.position);
  optional_member(writer, "backlog", arrow.backlog);
  writer.key("oldest_at");
  arrow.oldest ? writer.string(format_rfc3339(*arrow.oldest)) : writer.null();
  writer.key("lag_seconds");
  arrow.lag ? writer.real(in_seconds(*arrow.lag)) : writer.null();
  writer.member("moved", arrow.moved);
  optional_member(writer, "alarm", arrow.alarm);
  writer.key("delivery");
  if (arrow.delivery) {
    write_delivery(writer, *arrow.delivery);
  } else {
    writer.null();
  }
  writer.end_object();
}

void write_read_model(Writer& writer, const Pipeline::ReadModel& model) {
  const auto& [progress, counts] = model;
  writer.begin_object()
      .member("settled", progress.orders.position)
      .member("copied_products", progress.products.position)
      .member("changes", progress.head)
      .member("parked", progress.parked)
      .member("dead_letters", progress.dead_letters)
      .member("taken_out", progress.taken_out)
      .key("since_start")
      .begin_object()
      .member("projected", counts.projected)
      .member("replaced", counts.replaced)
      .member("released", counts.released)
      .member("duplicates", counts.duplicates)
      .member("parked", counts.parked)
      .member("dead_lettered", counts.dead_lettered)
      .end_object()
      .end_object();
}

http::Unready alarms_of(const Pipeline& pipeline) {
  http::Unready alarms;
  for (const Arrow& arrow : pipeline.arrows) {
    if (arrow.alarm) alarms.emplace_back(arrow.id, *arrow.alarm);
  }
  return alarms;
}

}  // namespace

std::string to_json(const Pipeline& pipeline, const ProcessState& process) {
  std::string body;
  Writer writer(body);
  writer.begin_object()
      .member("version", process.version)
      .member("time", format_rfc3339(process.now))
      .member("uptime_seconds", in_seconds(process.uptime));
  writer.key("services").begin_array();
  for (const std::string& service : pipeline.services)
    writer.string(service);
  writer.end_array().member("ready", process.unready.empty());
  write_reasons(writer, "reasons", process.unready);
  write_reasons(writer, "alarms", alarms_of(pipeline));
  writer.key("arrows").begin_array();
  for (const Arrow& arrow : pipeline.arrows)
    write_arrow(writer, arrow);
  writer.end_array().key("read_model");
  if (pipeline.read_model) {
    write_read_model(writer, *pipeline.read_model);
  } else {
    writer.null();
  }
  writer.member("streams", process.streams).end_object();
  return body;
}

}  // namespace orderly::app
