#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli_commands.hpp"
#include "app/commands.hpp"

namespace orderly::app {

void add_export(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<ExportOptions>();
  auto* const command =
      app.add_subcommand("export", "Put the rows of a table of the warehouse into a file");
  add_url(*command, options->url);
  command->add_option("file", options->file, "NAME.parquet or NAME.csv, which says the format")
      ->required();
  command->add_option("--table", options->table, "A table or view of the warehouse")
      ->capture_default_str();
  auto* const from = command->add_option("--from", options->from, "The first day, YYYY-MM-DD");
  auto* const to = command->add_option("--to", options->to, "The last day, itself included");
  command->add_option("--last", options->last, "The day or month before this one, in UTC")
      ->check(CLI::IsMember({"day", "month"}))
      ->excludes(from)
      ->excludes(to);
  command->callback([options, &exit_code] { exit_code = run_export(*options); });
}

}  // namespace orderly::app
