#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "sqlite/connection.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_vfs.hpp"

namespace orderly::sqlite {

class StandingClock final : public Clock {
 public:
  [[nodiscard]] UtcTime utc_now() const override { return UtcTime(std::chrono::days(20'000)); }
  [[nodiscard]] SteadyTime steady_now() const override { return SteadyTime(); }
};

/// A simulated machine with a disk, everything from one seed.
struct SimMachine {
  explicit SimMachine(std::uint64_t seed) : random(seed) {}

  [[nodiscard]] OpenOptions options(Synchronous synchronous = Synchronous::kFull) const {
    return {.path = "sim.db", .vfs = vfs.name(), .synchronous = synchronous};
  }

  SeededRandom random;
  StandingClock clock;
  testing::SimDisk disk;
  testing::SimVfs vfs{"sim-machine", disk, clock, random};
};

}  // namespace orderly::sqlite
