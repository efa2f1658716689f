#include <filesystem>

#include "app/commands.hpp"
#include "base/random.hpp"
#include "selftest/selftest.hpp"

namespace orderly::app {

int run_selftest(const SelftestOptions& options) {
  const selftest::Options what{
      .program = std::filesystem::read_symlink("/proc/self/exe").string(),
      .data = std::filesystem::absolute(options.data),
      .duration = std::chrono::seconds(static_cast<std::int64_t>(options.minutes * 60)),
      .seed = options.seed != 0 ? options.seed : seed_from_system(),
      .keep = options.keep};
  const bool good = options.count_only ? selftest::count_again(what) : selftest::run(what);
  return good ? 0 : 1;
}

}  // namespace orderly::app
