#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli_commands.hpp"
#include "app/commands.hpp"

namespace orderly::app {

void add_selftest(CLI::App& app, int& exit_code) {
  auto* const selftest = app.add_subcommand(
      "selftest",
      "Chaos on this machine: runs servers of its own under load, kills them, disturbs their "
      "network, counts what was acknowledged; exit 1 if anything was lost or doubled");
  auto options = std::make_shared<SelftestOptions>();
  selftest->add_option("--minutes", options->minutes, "How long it takes, without the counting")
      ->envname("ORDERLY_SELFTEST_MINUTES")
      ->check(CLI::Range(0.1, 100'000.0))
      ->capture_default_str();
  selftest->add_option("--data", options->data, "A scratch folder, empty or not there yet")
      ->envname("ORDERLY_SELFTEST_DATA")
      ->capture_default_str();
  selftest->add_option("--seed", options->seed,
                       "Repeats the choices of a run (not its timing); 0: any");
  selftest->add_flag("--keep", options->keep, "Leave data, logs and record behind");
  selftest->add_flag("--count-only", options->count_only,
                     "Only count once more what a run with --keep, or one that failed, has left");
  selftest->callback([options, &exit_code] { exit_code = run_selftest(*options); });
}

}  // namespace orderly::app
