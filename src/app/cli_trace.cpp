#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli_commands.hpp"
#include "app/commands.hpp"

namespace orderly::app {

void add_trace(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<TraceOptions>();
  auto* const trace = app.add_subcommand(
      "trace", "Show where an order is: one timeline from the command to the warehouse");
  add_url(*trace, options->url);
  trace->add_option("order_id", options->order_id, "The order")->required();
  trace->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  trace->callback([options, &exit_code] { exit_code = run_trace(*options); });
}

}  // namespace orderly::app
