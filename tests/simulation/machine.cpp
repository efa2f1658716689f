#include "simulation/machine.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "base/dates.hpp"

namespace orderly::simulation {
namespace {

constexpr UtcTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr std::uint64_t kFnvPrime = 1'099'511'628'211ULL;

}  // namespace

void History::note(std::string_view line) {
  static const bool kPrint = std::getenv("ORDERLY_SIMULATION_LOG") != nullptr;
  const UtcTime now = clock_.utc_now();
  ++lines_;
  const auto add = [this](unsigned char byte) { digest_ = (digest_ ^ byte) * kFnvPrime; };
  for (const char byte : line)
    add(static_cast<unsigned char>(byte));
  const auto micros = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (unsigned shift = 0; shift < 64; shift += 8)
    add(static_cast<unsigned char>(micros >> shift));
  if (kPrint) std::cerr << format_rfc3339(now) << ' ' << line << '\n';
}

Machine::Machine(std::uint64_t seed) : random(seed), clock(kStart) {
  disk.on_operation([this](testing::DiskOp op, const std::string& name) { saw(op, name); });
}

void Machine::watch(std::string file, std::uint64_t die_at) {
  watched_file_ = std::move(file);
  watched_ = 0;
  die_at_ = die_at;
}

void Machine::saw(testing::DiskOp op, const std::string& name) {
  if (slow_one_in != 0 && random.one_in(slow_one_in)) {
    clock.advance_to(clock.steady_now() +
                     std::chrono::milliseconds(random.below(kSlowest.count())));
  }
  if (op == testing::DiskOp::kRead) return;
  history.note(fmt::format("disk {} {}", static_cast<int>(op), name));
  if (watched_file_.empty() || !name.starts_with(watched_file_)) return;
  if (++watched_ == die_at_) disk.crash_at_op(1);  // which is this one
}

}  // namespace orderly::simulation
