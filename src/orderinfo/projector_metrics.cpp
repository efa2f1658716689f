#include "orderinfo/projector_metrics.hpp"

namespace orderly::orderinfo {

ProjectorMetrics::ProjectorMetrics(telemetry::Metrics& metrics)
    : projected(metrics.counter("orderly_projector_projected_total",
                                "Rows written to the read model, replaced ones among them")),
      replaced(metrics.counter("orderly_projector_replaced_total",
                               "Rows that took the place of an earlier one of the same order")),
      released(metrics.counter("orderly_projector_released_total",
                               "Parked orders whose product arrived")),
      duplicates(metrics.counter("orderly_projector_duplicates_total",
                                 "Events that were known already and changed nothing")),
      parked(metrics.counter("orderly_projector_parked_total",
                             "Orders that came before their product was known")),
      dead_lettered(
          metrics.counter("orderly_projector_dead_lettered_total", "Events kept as dead letters")),
      unknown_types(metrics.counter("orderly_projector_unknown_events_total",
                                    "Messages acknowledged whose event type is unknown")),
      from_future(metrics.counter("orderly_projector_refused_from_future_total",
                                  "Messages refused whose time lies too far ahead of our clock")),
      batch_size(metrics.histogram("orderly_projector_batch_orders",
                                   "Orders applied in one transaction", telemetry::size_buckets())),
      batch_seconds(metrics.histogram("orderly_projector_batch_seconds",
                                      "Time to make prices final and apply a batch")) {}

void ProjectorMetrics::count(const Applied& applied) {
  projected.add(applied.projected);
  replaced.add(applied.replaced);
  released.add(applied.released);
  duplicates.add(applied.duplicates);
  parked.add(applied.parked);
  dead_lettered.add(applied.dead_lettered);
}

}  // namespace orderly::orderinfo
