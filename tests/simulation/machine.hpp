#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "simulation/audit.hpp"
#include "simulation/jobs.hpp"
#include "support/memory_warehouse.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_loop.hpp"
#include "support/sim_vfs.hpp"

namespace orderly::simulation {

/// All that happened, as one number: two runs that differ anywhere have different ones. With
/// ORDERLY_SIMULATION_LOG in the environment every line goes to stderr, too.
class History {
 public:
  explicit History(const Clock& clock) : clock_(clock) {}

  /// The virtual time belongs to the line.
  void note(std::string_view line);
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }

 private:
  const Clock& clock_;
  std::uint64_t digest_ = 14'695'981'039'346'656'037ULL;
  std::uint64_t lines_ = 0;
};

/// What outlives a process: the clock, the disk and what is on it. One at a time.
struct Machine {
  explicit Machine(std::uint64_t seed);

  /// Counts from now on the durable operations on files whose names begin with `file`, and dies in
  /// the n-th of them; 0: never.
  void watch(std::string file, std::uint64_t die_at);
  [[nodiscard]] std::uint64_t watched() const { return watched_; }
  void stop_watching() { watch("", 0); }

  SeededRandom random;
  testing::SimClock clock;
  History history{clock};
  UuidSource ids{random};
  testing::SimDisk disk;
  testing::SimVfs vfs{"simulation", disk, clock, random};
  std::shared_ptr<testing::MemoryWarehouse::Storage> warehouse =
      std::make_shared<testing::MemoryWarehouse::Storage>();
  Audit audit;
  JobAudit jobs;
  /// How far the clock was set back, all times together.
  std::chrono::milliseconds set_back{0};
  /// Every so manieth operation of the disk takes up to kSlowest; 0: none does.
  std::uint64_t slow_one_in = 0;
  static constexpr std::chrono::milliseconds kSlowest{3'000};

 private:
  void saw(testing::DiskOp op, const std::string& name);

  std::string watched_file_;
  std::uint64_t watched_ = 0;
  std::uint64_t die_at_ = 0;
};

}  // namespace orderly::simulation
