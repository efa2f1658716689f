#include "orderinfo/stream_events.hpp"

#include "base/dates.hpp"
#include "base/text.hpp"
#include "json/writer.hpp"

namespace orderly::orderinfo {
namespace {

constexpr std::size_t kUuidSize = 36;

/// `id` is empty where the event does not move the stream.
std::string event(std::string_view name, const std::string& id, std::string_view data) {
  std::string text;
  text.reserve(id.size() + name.size() + data.size() + 32);
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  text.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
  return text;
}

}  // namespace

std::string StreamId::to_string() const {
  return epoch.to_string() + "." + std::to_string(position);
}

std::optional<StreamId> StreamId::parse(std::string_view text) {
  if (text.size() < kUuidSize + 2 || text[kUuidSize] != '.') return std::nullopt;
  const auto epoch = Uuid::parse(text.substr(0, kUuidSize));
  const auto position = parse_int64(text.substr(kUuidSize + 1));
  if (!epoch || !position || *position < 0) return std::nullopt;
  StreamId id{*epoch, *position};
  if (id.to_string() != text) return std::nullopt;  // no leading zeros or signs
  return id;
}

std::string ready_event(const StreamId& at, std::optional<Position> warehouse) {
  std::string data;
  json::Writer writer(data);
  writer.begin_object().member("position", at.position).key("warehouse_position");
  warehouse ? writer.integer(*warehouse) : writer.null();
  writer.end_object();
  return event("ready", at.to_string(), data);
}

std::string order_event(const Uuid& epoch, const Change& change) {
  std::string data;
  events::append_json(data, change.data.info);
  data.pop_back();  // goes on inside the object
  data.append(R"(,"state":"visible","position":)").append(std::to_string(change.position));
  data.append(R"(,"visible_at":")").append(format_rfc3339(change.accepted_at)).append("\"");
  if (change.data.replaces) data.append(R"(,"replaces":true)");
  data.append("}");
  return event("order", StreamId{epoch, change.position}.to_string(), data);
}

std::string warehouse_event(Position loaded) {
  return event("warehouse", {}, R"({"position":)" + std::to_string(loaded) + "}");
}

std::string reset_event(const StreamId& at, ResetReason reason) {
  std::string data;
  json::Writer(data)
      .begin_object()
      .member("reason", reason == ResetReason::kOtherHistory ? "other_history" : "too_far_behind")
      .member("position", at.position)
      .end_object();
  return event("reset", at.to_string(), data);
}

}  // namespace orderly::orderinfo
