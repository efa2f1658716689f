#pragma once

#include <cstdint>

namespace orderly {

/// Where randomness comes from. Passed in, so that a simulation runs from a seed.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound); `bound` > 0. The bias below 2^64 / bound is of no matter here.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// True once in `n` times.
  bool one_in(std::uint64_t n) { return below(n) == 0; }
};

/// xoshiro256** (Blackman, Vigna; public domain), seeded through splitmix64. Not for secrets.
/// One thread at a time.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

/// A seed from the operating system, for production's SeededRandom.
std::uint64_t seed_from_system();

}  // namespace orderly
