#pragma once

#include <memory>
#include <string>

#include "app/platform.hpp"
#include "http/router.hpp"
#include "simulation/audit.hpp"
#include "simulation/jobs.hpp"
#include "simulation/machine.hpp"
#include "support/memory_warehouse.hpp"
#include "support/sim_loop.hpp"

namespace orderly::simulation {

/// One life of `orderly up`, or of some of its services: the very platform that production runs, on
/// one simulated loop, with its stores on a simulated disk and its routes without the sockets
/// before them. Destroying it without stop() is the death of the process.
///
/// Beside the platform's own subscription two more are there where a broker is: subscribers of both
/// topics that remember the order (Audit), and a network that pushes (Courier).
class Process {
 public:
  explicit Process(Machine& machine, app::Services services = app::Services::all());
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Machine& machine() { return machine_; }
  testing::SimLoop& loop() { return *loop_; }
  app::Platform& platform() { return *platform_; }
  http::Router& router() { return router_; }
  runtime::TaskGroup& clients() { return *clients_; }
  testing::MemoryWarehouse& warehouse() { return warehouse_; }
  [[nodiscard]] std::size_t pushes() const { return courier_ ? courier_->pushes() : 0; }

  /// Subscribers and the network behave from now on.
  void calm_down();
  /// All that is accepted has arrived everywhere, and nobody stands in a history that is gone.
  [[nodiscard]] bool is_quiet();
  /// Whether the read model stands in the history that its source has now: a source that was put
  /// back has another one, which its readers notice with their next read.
  struct Followed {
    bool orders = false;
    bool products = false;
  };
  [[nodiscard]] Followed followed();
  /// As SIGTERM; false where it did not end within ten minutes (the disk may be gone).
  bool stop();

 private:
  struct Attached {
    std::string subscription;
    std::string topic;
    broker::Endpoint& endpoint;
  };
  runtime::Task<void> attach(Attached attached);
  void subscribe();

  Machine& machine_;
  app::Services services_;
  telemetry::Metrics metrics_;
  http::Router router_{metrics_};
  testing::MemoryWarehouse warehouse_;
  std::unique_ptr<testing::SimLoop> loop_;
  std::unique_ptr<Subscriber> orders_;
  std::unique_ptr<Subscriber> products_;
  std::unique_ptr<Courier> courier_;
  std::unique_ptr<JobCalls> job_calls_;
  std::unique_ptr<runtime::TaskGroup> clients_;
  std::unique_ptr<runtime::TaskGroup> subscribing_;
  std::unique_ptr<app::Platform> platform_;
};

}  // namespace orderly::simulation
