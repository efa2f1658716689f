#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli_commands.hpp"
#include "app/commands.hpp"

namespace orderly::app {
namespace {

void add_make(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<BackupOptions>();
  auto* const command = app.add_subcommand(
      "backup", "Copy all stores of a running server into a folder, while it works");
  add_url(*command, options->url);
  command->add_option("folder", options->folder, "The folder to be made, or to be verified")
      ->required();
  command->add_flag("--verify", options->verify,
                    "Restore that backup into a scratch folder beside it, start the services on "
                    "it, compare its stores, and remove it again; exit 1 if anything differs");
  command->callback([options, &exit_code] { exit_code = run_backup(*options); });
}

void add_restore(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<RestoreOptions>();
  auto* const command = app.add_subcommand(
      "restore", "Put a backup in the place of a data directory that no server uses");
  command->add_option("folder", options->folder, "The backup")
      ->required()
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--data", options->data, "The data directory; what is there is kept beside it")
      ->envname("ORDERLY_DATA")
      ->required();
  command->callback([options, &exit_code] { exit_code = run_restore(*options); });
}

void add_taken_out(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<TakenOutOptions>();
  auto* const command = app.add_subcommand(
      "taken-out", "List what was taken out when a store was put back to an older state");
  add_url(*command, options->url);
  command->add_option("--format", options->format, "text, or json: a document a page")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = run_taken_out(*options); });
}

}  // namespace

void add_backup(CLI::App& app, int& exit_code) {
  add_make(app, exit_code);
  add_restore(app, exit_code);
  add_taken_out(app, exit_code);
}

}  // namespace orderly::app
