#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/cli_commands.hpp"
#include "app/duration_flag.hpp"
#include "app/rebuild_command.hpp"
#include "base/text.hpp"

namespace orderly::app {
namespace {

struct Flags {
  RebuildOptions options;
  std::string keep;
};

/// Exactly one of these, or none: then a rebuild begins.
void add_action(CLI::Option_group& group, RebuildOptions& options, const char* action,
                const char* what) {
  group.add_flag_callback(
      std::string("--") + action, [&options, action] { options.action = action; }, what);
}

}  // namespace

void add_rebuild(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<Flags>();
  auto& options = flags->options;
  auto* const command = app.add_subcommand(
      "rebuild",
      "Make the read model or the warehouse anew from the events, beside the live one: compare "
      "both row by row, and swap them where they are equal; exit 1 where they differ");
  command->add_option("store", options.store, "read-model or warehouse")
      ->required()
      ->check(CLI::IsMember({"read-model", "warehouse"}));
  add_url(*command, options.url);
  auto* const group = command->add_option_group("instead of a rebuild");
  add_action(*group, options, "swap", "Let the rebuilt one take over although it differs");
  add_action(*group, options, "rollback", "Go back to the one that was live before");
  add_action(*group, options, "drop", "Remove the one that was live before");
  add_action(*group, options, "cancel", "Remove the one that is being rebuilt");
  add_action(*group, options, "status", "Say what stands");
  group->require_option(0, 1);
  group->excludes(command->add_flag("--diff-only", options.diff_only,
                                    "Only compare: print what differs and remove the rebuilt one"));
  command
      ->add_option("--keep", flags->keep,
                   "How long the one that was live is kept fed after a swap, for a rollback "
                   "(30m, 2h, 7d; 0: it is removed at once; default 1h)")
      ->transform(CLI::Validator(to_json_duration, "DURATION"));
  command->add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([flags, &exit_code] {
    auto& given = flags->options;
    if (!flags->keep.empty()) {
      given.keep_seconds = parse_int64(flags->keep.substr(0, flags->keep.size() - 1)).value_or(0);
    }
    exit_code = run_rebuild(given);
  });
}

}  // namespace orderly::app
