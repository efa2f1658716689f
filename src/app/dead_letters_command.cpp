#include "app/dead_letters_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "app/api_client.hpp"
#include "app/letter_box.hpp"
#include "app/pubsub_client.hpp"
#include "base/text.hpp"
#include "http/query.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

constexpr const char* kPath = "/api/v1/admin/dead-letters";

json::Value read_answer(const http::ClientResponse& response) {
  if (response.status != 200) throw std::runtime_error(message_of(response));
  auto answer = json::Value::parse(response.body);
  if (!answer) throw std::runtime_error("unexpected answer: " + response.body);
  return std::move(*answer);
}

std::string text_at(const json::Value& object, std::string_view name) {
  return std::string(object.string_at(name).value_or(""));
}

std::int64_t number_at(const json::Value& object, std::string_view name) {
  return object.int_at(name).value_or(0);
}

void add_parameter(std::string& target, const char* name, const std::string& value) {
  if (value.empty()) return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target.append(name).append("=").append(http::percent_encode(value));
}

std::string list_target(const LetterSelection& of, std::int64_t page_size,
                        const std::string& token) {
  std::string target = kPath;
  add_parameter(target, "subscription", of.subscription);
  add_parameter(target, "code", of.code);
  add_parameter(target, "key", of.key);
  add_parameter(target, "since", of.since);
  add_parameter(target, "until", of.until);
  add_parameter(target, "page_size", std::to_string(page_size));
  add_parameter(target, "page_token", token);
  return target;
}

std::string show_target(const LetterSelection& of, std::int64_t number) {
  std::string target = fmt::format("{}/{}", kPath, number);
  add_parameter(target, "subscription", of.subscription);
  return target;
}

/// A line that changes, on a terminal alone.
class Progress {
 public:
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r{:<70}\r", "");
  }
  void say(const std::string& text) const {
    if (shown_) fmt::print(stderr, "\r{:<70}", text);
  }

 private:
  bool shown_ = ::isatty(STDERR_FILENO) == 1;
};

/// What a redrive has done so far.
struct Tally {
  std::int64_t redriven = 0;
  std::int64_t failed = 0;
  std::int64_t pending = 0;

  [[nodiscard]] std::int64_t tried() const { return redriven + failed + pending; }
};

void write_numbers(json::Writer& writer, const std::vector<std::int64_t>& numbers) {
  writer.key("numbers").begin_array();
  for (const std::int64_t number : numbers)
    writer.integer(number);
  writer.end_array();
}

/// One page after another, each within the rate.
class Redrive {
 public:
  explicit Redrive(const RedriveOptions& options) : options_(options), api_(options.of.url) {}

  Tally run() {
    if (options_.numbers.empty()) {
      while (by_selection()) {
      }
    } else {
      by_number();
    }
    return tally_;
  }

 private:
  /// Small pages where the rate is low, so that it is even.
  [[nodiscard]] std::int64_t page_size() const {
    auto size = static_cast<std::int64_t>(kMaxLettersAtOnce);
    if (options_.rate > 0) size = std::clamp<std::int64_t>(options_.rate / 4, 1, size);
    if (options_.limit > 0) size = std::min(size, options_.limit - taken_);
    return size;
  }

  void by_number() {
    for (auto rest = options_.numbers; !rest.empty() && page_size() > 0;) {
      const auto size = std::min<std::size_t>(rest.size(), static_cast<std::size_t>(page_size()));
      const std::vector<std::int64_t> page(rest.begin(),
                                           rest.begin() + static_cast<std::ptrdiff_t>(size));
      rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      std::string body;
      json::Writer writer(body);
      begin(writer);
      write_numbers(writer, page);
      writer.end_object();
      send(std::move(body));
    }
  }

  bool by_selection() {
    if (page_size() <= 0) return false;
    std::string body;
    json::Writer writer(body);
    begin(writer);
    if (options_.all) writer.member("all", true);
    if (!options_.of.code.empty()) writer.member("code", options_.of.code);
    if (!options_.of.key.empty()) writer.member("key", options_.of.key);
    if (!options_.of.since.empty()) writer.member("since", options_.of.since);
    if (!options_.of.until.empty()) writer.member("until", options_.of.until);
    writer.member("after", after_).member("limit", page_size()).end_object();
    const auto answer = send(std::move(body));
    const auto next = answer.int_at("next_after");
    after_ = next.value_or(after_);
    return next.has_value();
  }

  void begin(json::Writer& writer) const {
    writer.begin_object();
    if (!options_.of.subscription.empty()) {
      writer.member("subscription", options_.of.subscription);
    }
    if (options_.dry_run) writer.member("dry_run", true);
  }

  json::Value send(std::string body) {
    keep_rate();
    auto answer = read_answer(api_.post(std::string(kPath) + "/redrive", std::move(body)));
    tally_.redriven += number_at(answer, "redriven");
    tally_.failed += number_at(answer, "failed");
    tally_.pending += number_at(answer, "pending");
    const auto outcomes = answer.find("outcomes");
    taken_ += outcomes ? static_cast<std::int64_t>(outcomes->size()) : 0;
    if (outcomes) show(*outcomes);
    progress_.say(fmt::format("{} tried: {} done, {} failed, {} pending", tally_.tried(),
                              tally_.redriven, tally_.failed, tally_.pending));
    return answer;
  }

  /// A dry run shows everything; otherwise what did not work, and what was asked for by name.
  void show(const json::Value& outcomes) const {
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto outcome = outcomes.at(i);
      const std::string what = text_at(outcome, "outcome");
      const bool worth = options_.dry_run || !options_.numbers.empty() || what == "failed";
      if (!worth) continue;
      fmt::print("{}  {}", number_at(outcome, "number"), what);
      if (const auto row = outcome.find("row")) fmt::print("  {}", row->to_json());
      const std::string reason = text_at(outcome, "reason");
      if (!reason.empty()) fmt::print("  {}: {}", text_at(outcome, "code"), reason);
      fmt::print("\n");
    }
  }

  void keep_rate() {
    using Clock = std::chrono::steady_clock;
    if (options_.rate <= 0) return;
    if (taken_ == 0) began_ = Clock::now();
    std::this_thread::sleep_until(began_ +
                                  std::chrono::microseconds(taken_ * 1'000'000 / options_.rate));
  }

  const RedriveOptions& options_;
  ApiClient api_;
  Progress progress_;
  Tally tally_;
  std::int64_t taken_ = 0;
  std::int64_t after_ = 0;
  std::chrono::steady_clock::time_point began_;
};

bool agrees(const DropOptions& options) {
  if (options.yes) return true;
  if (::isatty(STDIN_FILENO) != 1) {
    throw std::runtime_error("dead letters are dropped for good: say --yes where nobody can agree");
  }
  fmt::print("Drop {} dead letter{} for good? [y/N] ", options.numbers.size(),
             options.numbers.size() == 1 ? "" : "s");
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void print_detail(const json::Value& letter) {
  const auto line = [](const char* name, const std::string& value) {
    if (!value.empty()) fmt::print("{:<14}{}\n", name, value);
  };
  line("number", std::to_string(number_at(letter, "number")));
  for (const char* const name :
       {"subscription", "order_id", "key", "since", "state", "code", "reason", "trace_id"}) {
    line(name, text_at(letter, name));
  }
  line("attempts", std::to_string(number_at(letter, "attempts")));
  if (const auto errors = letter.find("errors")) {
    for (std::size_t i = 0; i < errors->size(); ++i) {
      const auto error = errors->at(i);
      fmt::print("  {:>3}  {}  {}: {}\n", number_at(error, "attempt"), text_at(error, "at"),
                 text_at(error, "code"), text_at(error, "reason"));
    }
  }
  if (const auto message = letter.find("message")) {
    if (const auto attributes = message->find("attributes")) {
      fmt::print("attributes\n");
      attributes->for_each_member([](std::string_view name, const json::Value& value) {
        fmt::print("  {} = {}\n", name, value.as_string().value_or(""));
      });
    }
  }
  const auto text = letter.string_at("text");
  fmt::print("data\n  {}\n", text.value_or("(no text)"));
}

}  // namespace

int run_list_letters(const ListLettersOptions& options) {
  ApiClient api(options.of.url);
  std::vector<json::Value> letters;
  std::string token;
  std::int64_t total = 0;
  do {
    const auto left = options.limit - static_cast<std::int64_t>(letters.size());
    const auto page = read_answer(
        api.get(list_target(options.of, std::clamp<std::int64_t>(left, 1, 1000), token)));
    const auto found = page.find("dead_letters");
    for (std::size_t i = 0; found && i < found->size(); ++i)
      letters.push_back(found->at(i));
    total = number_at(page, "total");
    token = text_at(page, "next_page_token");
  } while (!token.empty() && static_cast<std::int64_t>(letters.size()) < options.limit);
  if (options.format == "json") {
    print_json(letters);
    return 0;
  }
  Listing listing{.headers = {"number", "since", "key", "code", "attempts", "state", "reason"},
                  .rows = {}};
  for (const auto& letter : letters) {
    listing.rows.push_back({std::to_string(number_at(letter, "number")), text_at(letter, "since"),
                            text_at(letter, "key"), text_at(letter, "code"),
                            std::to_string(number_at(letter, "attempts")), text_at(letter, "state"),
                            text_at(letter, "reason")});
  }
  print_table(listing);
  if (!token.empty() || static_cast<std::int64_t>(letters.size()) < total) {
    fmt::print(stderr, "{} shown, {} kept in all.\n", letters.size(), total);
  }
  return 0;
}

int run_letter_subscriptions(const ListLettersOptions& options) {
  ApiClient api(options.of.url);
  const auto answer = read_answer(api.get("/api/v1/admin/dead-letter-subscriptions"));
  std::vector<json::Value> found;
  if (const auto all = answer.find("subscriptions")) {
    for (std::size_t i = 0; i < all->size(); ++i)
      found.push_back(all->at(i));
  }
  if (options.format == "json") {
    print_json(found);
    return 0;
  }
  Listing listing{.headers = {"name", "kind", "dead letters", "limit", "oldest", "keys waiting",
                              "messages waiting"},
                  .rows = {}};
  for (const auto& each : found) {
    listing.rows.push_back({text_at(each, "name"), text_at(each, "kind"),
                            std::to_string(number_at(each, "dead_letters")),
                            std::to_string(number_at(each, "limit")), text_at(each, "oldest_at"),
                            std::to_string(number_at(each, "keys_waiting")),
                            std::to_string(number_at(each, "messages_waiting"))});
  }
  print_table(listing);
  return 0;
}

int run_show_letter(const ShowLetterOptions& options) {
  ApiClient api(options.of.url);
  const auto letter = read_answer(api.get(show_target(options.of, options.number)));
  if (options.format == "json") {
    std::fputs(pretty(letter).c_str(), stdout);
  } else {
    print_detail(letter);
  }
  return 0;
}

int run_redrive(const RedriveOptions& options) {
  const auto& of = options.of;
  const bool by_filter =
      !of.code.empty() || !of.key.empty() || !of.since.empty() || !of.until.empty();
  const int ways = (options.numbers.empty() ? 0 : 1) + (options.all ? 1 : 0) + (by_filter ? 1 : 0);
  if (ways != 1) {
    throw std::runtime_error(
        "say which dead letters: their numbers, or --code, --key, --since, --until, or --all");
  }
  Tally tally;
  {
    Redrive redrive(options);
    tally = redrive.run();
  }
  fmt::print("{}{} redriven, {} failed, {} pending\n", options.dry_run ? "dry run: " : "",
             tally.redriven, tally.failed, tally.pending);
  return tally.failed == 0 ? 0 : 1;
}

int run_drop(const DropOptions& options) {
  if (!agrees(options)) {
    fmt::print("Nothing was dropped.\n");
    return 1;
  }
  ApiClient api(options.of.url);
  std::int64_t dropped = 0;
  for (std::size_t first = 0; first < options.numbers.size(); first += kMaxLettersAtOnce) {
    const auto count = std::min(kMaxLettersAtOnce, options.numbers.size() - first);
    const auto begin = options.numbers.begin() + static_cast<std::ptrdiff_t>(first);
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    if (!options.of.subscription.empty()) {
      writer.member("subscription", options.of.subscription);
    }
    write_numbers(writer, {begin, begin + static_cast<std::ptrdiff_t>(count)});
    writer.end_object();
    const auto answer = read_answer(api.post(std::string(kPath) + "/drop", std::move(body)));
    dropped += number_at(answer, "dropped");
  }
  fmt::print("{} dropped\n", dropped);
  return dropped == static_cast<std::int64_t>(options.numbers.size()) ? 0 : 1;
}

std::int64_t parse_rate(const std::string& text) {
  constexpr std::int64_t kMaxRate = 1'000'000;
  std::string_view number = text;
  if (number.ends_with("/s")) number.remove_suffix(2);
  const auto rate = parse_int64(number);
  return rate && *rate >= 1 && *rate <= kMaxRate ? *rate : 0;
}

}  // namespace orderly::app
