#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/cli_commands.hpp"
#include "app/dead_letters_command.hpp"

namespace orderly::app {
namespace {

void add_subscription(CLI::App& command, LetterSelection& of) {
  add_url(command, of.url);
  command.add_option("--subscription", of.subscription,
                     "Whose dead letters; push-order-to-orderinfo are the read model's, which are "
                     "also meant where none is named");
}

void add_filter(CLI::App& command, LetterSelection& of) {
  command.add_option("--code", of.code, "Only letters whose last attempt failed with this code");
  command.add_option("--key", of.key, "Only letters of this ordering key, such as an order_id");
  command.add_option("--since", of.since, "Only letters kept at or after this time (RFC 3339)");
  command.add_option("--until", of.until, "Only letters kept before this time (RFC 3339)");
}

void add_list(CLI::App& letters, int& exit_code) {
  const auto options = std::make_shared<ListLettersOptions>();
  auto* const list = letters.add_subcommand("list", "List dead letters, the oldest first");
  add_subscription(*list, options->of);
  add_filter(*list, options->of);
  list->add_option("--limit", options->limit, "Letters to show at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  list->add_option("--format", options->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  list->callback([options, &exit_code] { exit_code = run_list_letters(*options); });
}

void add_of(CLI::App& letters, int& exit_code) {
  const auto options = std::make_shared<ListLettersOptions>();
  auto* const of = letters.add_subcommand(
      "subscriptions", "Show whose dead letters the server keeps, and what waits behind them");
  add_url(*of, options->of.url);
  of->add_option("--format", options->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  of->callback([options, &exit_code] { exit_code = run_letter_subscriptions(*options); });
}

void add_show(CLI::App& letters, int& exit_code) {
  const auto options = std::make_shared<ShowLetterOptions>();
  auto* const show =
      letters.add_subcommand("show", "Show a dead letter: its message, attempts and errors");
  add_subscription(*show, options->of);
  show->add_option("number", options->number, "Its number, as list shows it")->required();
  show->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  show->callback([options, &exit_code] { exit_code = run_show_letter(*options); });
}

void add_redrive(CLI::App& letters, int& exit_code) {
  const auto options = std::make_shared<RedriveOptions>();
  const auto rate = std::make_shared<std::string>();
  auto* const redrive = letters.add_subcommand(
      "redrive",
      "Apply dead letters once more, for their subscription only, in the order in which they were "
      "kept; exit 1 if any fails again");
  add_subscription(*redrive, options->of);
  redrive->add_option("number", options->numbers, "Numbers, as list shows them");
  redrive->add_flag("--all", options->all, "All of them");
  add_filter(*redrive, options->of);
  redrive->add_option("--rate", *rate, "At most so many letters a second, such as 100/s")
      ->check([](const std::string& text) {
        return parse_rate(text) > 0 ? std::string() : "expected N or N/s, got '" + text + "'";
      });
  redrive->add_option("--limit", options->limit, "So many letters and no more")
      ->check(CLI::Range(1, 1'000'000'000));
  redrive->add_flag("--dry-run", options->dry_run,
                    "Show the row that each would become, or its error, and change nothing");
  redrive->callback([options, rate, &exit_code] {
    options->rate = rate->empty() ? 0 : parse_rate(*rate);
    exit_code = run_redrive(*options);
  });
}

void add_drop(CLI::App& letters, int& exit_code) {
  const auto options = std::make_shared<DropOptions>();
  auto* const drop = letters.add_subcommand("drop", "Give dead letters up, for good");
  add_subscription(*drop, options->of);
  drop->add_option("number", options->numbers, "Numbers, as list shows them")->required();
  drop->add_flag("-y,--yes", options->yes, "Do not ask");
  drop->callback([options, &exit_code] { exit_code = run_drop(*options); });
}

}  // namespace

void add_dead_letters(CLI::App& app, int& exit_code) {
  auto* const letters = app.add_subcommand(
      "dead-letters", "Events that could not be applied: look at them, redrive or drop them");
  letters->require_subcommand(1);
  add_list(*letters, exit_code);
  add_of(*letters, exit_code);
  add_show(*letters, exit_code);
  add_redrive(*letters, exit_code);
  add_drop(*letters, exit_code);
}

}  // namespace orderly::app
