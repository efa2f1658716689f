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
      refused_letters(
          metrics.counter("orderly_projector_refused_full_total",
                          "Messages refused because what they would fill has reached its limit",
                          {{"what", "dead_letters"}})),
      refused_orders(
          metrics.counter("orderly_projector_refused_full_total",
                          "Messages refused because what they would fill has reached its limit",
                          {{"what", "foreign_orders"}})),
      redriven(metrics.counter("orderly_projector_redriven_total",
                               "Dead letters that had their effect after all")),
      redrives_failed(metrics.counter("orderly_projector_redrives_failed_total",
                                      "Dead letters that failed once more")),
      dropped_letters(metrics.counter("orderly_projector_dropped_letters_total",
                                      "Dead letters that an operator gave up")),
      forks(metrics.counter("orderly_projector_forks_total",
                            "Times that a feed was found to have another history")),
      taken_out(metrics.counter("orderly_projector_taken_out_total",
                                "Orders and product versions taken out after a fork")),
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
  for (const LetterOutcome& outcome : applied.redriven) {
    if (outcome.kind == LetterOutcome::Kind::kGone) continue;
    (outcome.kind == LetterOutcome::Kind::kFailed ? redrives_failed : redriven).add();
  }
}

}  // namespace orderly::orderinfo
