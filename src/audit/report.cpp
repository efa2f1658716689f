#include "audit/report.hpp"

#include <utility>

#include "base/dates.hpp"
#include "json/writer.hpp"

namespace orderly::audit {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kMissingInReadModel:
      return "missing_in_read_model";
    case Kind::kDifferentInReadModel:
      return "different_in_read_model";
    case Kind::kUnknownInReadModel:
      return "unknown_in_read_model";
    case Kind::kMissingInWarehouse:
      return "missing_in_warehouse";
    case Kind::kDifferentInWarehouse:
      return "different_in_warehouse";
    case Kind::kDoubledInWarehouse:
      return "doubled_in_warehouse";
    case Kind::kUnknownInWarehouse:
      return "unknown_in_warehouse";
  }
  std::unreachable();
}

std::string_view to_string(Report::State state) {
  switch (state) {
    case Report::State::kClean:
      return "clean";
    case Report::State::kDiffers:
      return "differs";
    case Report::State::kIncomplete:
      return "incomplete";
  }
  std::unreachable();
}

std::string encode(const Report& report) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("state", to_string(report.state));
  if (!report.reason.empty()) writer.member("reason", report.reason);
  writer.member("started_at", format_rfc3339(report.started_at))
      .member("took_ms", report.took.count())
      .member("orders_up_to", report.orders_up_to)
      .member("changes_up_to", report.changes_up_to)
      .member("orders", report.orders)
      .member("foreign", report.foreign)
      .member("rows", report.rows)
      .member("warehouse_rows", report.warehouse_rows)
      .member("parked", report.parked)
      .member("dead_letters", report.dead_letters)
      .member("repaired", report.repaired)
      .member("differences", report.differences)
      .key("named")
      .begin_array();
  for (const Difference& difference : report.named) {
    writer.begin_object()
        .member("kind", to_string(difference.kind))
        .member("order_id", difference.order_id)
        .member("position", difference.position)
        .end_object();
  }
  writer.end_array().end_object();
  return body;
}

}  // namespace orderly::audit
