#pragma once

#include "orderinfo/read_model.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::orderinfo {

/// What the projector counts.
struct ProjectorMetrics {
  explicit ProjectorMetrics(telemetry::Metrics& metrics);
  void count(const Applied& applied);

  telemetry::Counter& projected;
  telemetry::Counter& replaced;
  telemetry::Counter& released;
  telemetry::Counter& duplicates;
  telemetry::Counter& parked;
  telemetry::Counter& dead_lettered;
  telemetry::Counter& unknown_types;
  telemetry::Counter& from_future;
  telemetry::Counter& refused_letters;
  telemetry::Counter& refused_orders;
  telemetry::Counter& redriven;
  telemetry::Counter& redrives_failed;
  telemetry::Counter& dropped_letters;
  telemetry::Counter& forks;
  telemetry::Counter& taken_out;
  telemetry::Histogram& batch_size;
  telemetry::Histogram& batch_seconds;
};

}  // namespace orderly::orderinfo
