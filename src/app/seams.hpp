#pragma once

#include <functional>
#include <string>

#include "base/random.hpp"
#include "runtime/event_loop.hpp"
#include "scheduler/target.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::app {

/// What the platform takes from its surroundings: everything that a simulation replaces. All are
/// owned by the caller and outlive the platform.
struct Seams {
  /// Serves requests and commits orders and products (ADR 0001).
  runtime::EventLoop& front;
  /// Relays, delivers, projects, loads. May be the same loop.
  runtime::EventLoop& background;
  /// Compares the stores, at leisure. May be the same loop.
  runtime::EventLoop& audit;
  Random& front_random;  ///< used on the front loop only
  Random& background_random;
  telemetry::Metrics& metrics;
  /// SQLite's VFS by name; empty: the operating system's.
  std::string vfs;
  /// The path of the store's file called `name`, e.g. `order.db`.
  std::function<std::string(const std::string& name)> file;
  /// Makes what runs on the background loop stand aside for the front loop, or come back; called on
  /// the front loop. Null: it cannot.
  std::function<void(bool aside)> stand_aside = {};
  /// Whom jobs call, on the background loop; null: over HTTP.
  scheduler::Caller* jobs = nullptr;
};

}  // namespace orderly::app
