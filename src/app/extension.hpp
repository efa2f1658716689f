#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/seams.hpp"
#include "broker/embedded/embedded_broker.hpp"
#include "broker/message_source.hpp"
#include "http/router.hpp"
#include "runtime/pump.hpp"
#include "warehouse/loaders.hpp"
#include "warehouse/table.hpp"

namespace orderly::app {

/// What the platform lends to an extension. All of it outlives the extension's stop().
struct Host {
  /// Loops, randomness, metrics and the places of files.
  const Seams& seams;
  /// Where the event-publisher is hosted in this process, else null.
  broker::EmbeddedBroker* broker = nullptr;
  /// Publishes what the outbox has, now and from now on, to a topic that is a view over it. The
  /// outbox outlives stop(). In open(), where there is a broker.
  std::function<void(broker::MessageSource& outbox, const std::string& topic)> publish = {};
  /// Where the warehouse is hosted in this process, else null.
  warehouse::Loaders* loaders = nullptr;
  /// Runs a hop on the background loop until the platform stops, with its retries and warnings;
  /// the hop outlives stop(). From start() on.
  std::function<void(std::string name, runtime::Hop& hop)> run_hop = {};
};

/// A service of somebody else's, hosted beside ours with everything that ours have: stores in the
/// data directory, routes, a feed, a relay to a topic, projections, tables in the warehouse. Given
/// to run() by a program of one's own (docs/extending.md); the members are called once, in the
/// order in which they stand here.
class Extension {
 public:
  virtual ~Extension() = default;

  /// What it adds to the warehouse. Asked in the warehouse's engine too, which is a process of its
  /// own, so it opens nothing.
  [[nodiscard]] virtual std::vector<warehouse::TableSpec> tables() const { return {}; }
  [[nodiscard]] virtual std::vector<warehouse::ViewSpec> views() const { return {}; }

  /// Opens its stores, makes the views of its topics, adds the sources of its tables. Before the
  /// loops run. Throws std::exception with a message for a person.
  virtual void open(const Host& host) = 0;
  virtual void add_routes(http::Router&) {}
  /// Starts what runs by itself. On the background loop, when the platform's own services are up.
  virtual void start(const Host&) {}
  /// Waits until its stores have answered every command. On the front loop, after the last request.
  virtual runtime::Task<void> drain() { co_return; }
  /// Ends what start() began beside its hops. On the background loop, while the broker still runs.
  virtual runtime::Task<void> stop() { co_return; }
  /// Closes what open() opened: nothing runs any more, and the loops are about to go.
  virtual void close() {}
};

}  // namespace orderly::app
