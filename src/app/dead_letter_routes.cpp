#include "app/dead_letter_routes.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "app/dead_letter_json.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"

namespace orderly::app {
namespace {

using http::Request;
using http::Response;
using runtime::Task;

constexpr std::string_view kNoSuchLetter = "dead_letter_not_found";

using Box = std::shared_ptr<LetterBox>;

Result<Box> find_box(const LetterBoxes& boxes, const std::string& subscription) {
  for (auto& box : boxes()) {
    if (subscription.empty() || box->subscription() == subscription) return std::move(box);
  }
  return failure(ErrorKind::kNotFound, "subscription_not_found",
                 "No dead letters of " +
                     (subscription.empty() ? std::string("any subscription") : subscription) +
                     " are kept in this process.");
}

Task<Response> list(LetterBoxes boxes, const Request& request) {
  auto asked = parse_list_letters(request);
  if (!asked) co_return http::problem(asked.error());
  const auto box = find_box(boxes, asked->subscription);
  if (!box) co_return http::problem(box.error());
  const auto standing = co_await (*box)->standing();
  const std::size_t limit = asked->limit;
  // One more tells whether there is a next page.
  auto letters = co_await (*box)->list(std::move(asked->filter), asked->after, limit + 1);
  const bool more = letters.size() > limit;
  if (more) letters.pop_back();
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("subscription", (*box)->subscription())
      .member("total", standing.letters)
      .key("dead_letters")
      .begin_array();
  for (const auto& letter : letters)
    write_letter(writer, letter);
  writer.end_array();
  if (more) writer.member("next_page_token", std::to_string(letters.back().number));
  writer.end_object();
  co_return Response::json(std::move(body));
}

Task<Response> show(LetterBoxes boxes, const Request& request, http::PathParameters path) {
  const auto query = request.query();
  if (!query) co_return http::problem(query.error());
  const std::string subscription(query->find("subscription").value_or(""));
  const auto number = parse_int64(path.at("number"));
  if (!number || *number < 1) {
    co_return http::problem(400, "invalid_value", "number must be a whole number from 1 on.",
                            "number");
  }
  const auto box = find_box(boxes, subscription);
  if (!box) co_return http::problem(box.error());
  const auto detail = co_await (*box)->show(*number);
  if (!detail) {
    co_return http::problem(404, kNoSuchLetter,
                            "There is no dead letter " + std::to_string(*number) + ".");
  }
  std::string body;
  json::Writer writer(body);
  write_detail(writer, *detail, (*box)->subscription());
  co_return Response::json(std::move(body));
}

std::size_t count(const std::vector<LetterResult>& results, std::string_view outcome) {
  return static_cast<std::size_t>(std::ranges::count(results, outcome, &LetterResult::outcome));
}

/// The letters that a page of a redrive is about, and whether there may be more behind them.
struct Chosen {
  std::vector<std::int64_t> numbers;
  std::optional<std::int64_t> next_after;
};

Task<Chosen> choose(Box box, RedriveLetters redrive) {
  if (!redrive.numbers.empty()) co_return Chosen{std::move(redrive.numbers), std::nullopt};
  Chosen chosen;
  const auto letters = co_await box->list(std::move(redrive.filter), redrive.after, redrive.limit);
  for (const auto& letter : letters)
    chosen.numbers.push_back(letter.number);
  if (!letters.empty()) chosen.next_after = letters.back().number;
  co_return chosen;
}

std::string redriven_json(const LetterBox& box, bool dry_run, const Chosen& chosen,
                          const std::vector<LetterResult>& results) {
  const std::size_t failed = count(results, "failed");
  const std::size_t pending = count(results, "pending") + count(results, "in_flight");
  const std::size_t gone = count(results, "gone");
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("subscription", box.subscription())
      .member("dry_run", dry_run)
      .member("redriven", results.size() - failed - pending - gone)
      .member("failed", failed)
      .member("pending", pending);
  write_results(writer, results);
  if (chosen.next_after) writer.member("next_after", *chosen.next_after);
  writer.end_object();
  return body;
}

Task<Response> redrive(LetterBoxes boxes, const Request& request) {
  auto asked = parse_redrive(request.body);
  if (!asked) co_return http::problem(asked.error());
  const auto box = find_box(boxes, asked->subscription);
  if (!box) co_return http::problem(box.error());
  const bool dry_run = asked->dry_run;
  const Chosen chosen = co_await choose(*box, std::move(*asked));
  std::vector<LetterResult> results;
  if (!chosen.numbers.empty()) {
    auto done = co_await (*box)->redrive(chosen.numbers, dry_run);
    if (!done) co_return http::problem(done.error());
    results = std::move(*done);
  }
  co_return Response::json(redriven_json(**box, dry_run, chosen, results));
}

Task<Response> drop(LetterBoxes boxes, const Request& request) {
  auto asked = parse_drop(request.body);
  if (!asked) co_return http::problem(asked.error());
  const auto box = find_box(boxes, asked->subscription);
  if (!box) co_return http::problem(box.error());
  const auto results = co_await (*box)->drop(std::move(asked->numbers));
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("subscription", (*box)->subscription())
      .member("dropped", count(results, "dropped"));
  write_results(writer, results);
  writer.end_object();
  co_return Response::json(std::move(body));
}

Task<Response> list_subscriptions(LetterBoxes boxes) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("subscriptions").begin_array();
  const auto all = boxes();
  for (const auto& box : all) {
    const auto standing = co_await box->standing();
    write_standing(writer, box->subscription(), standing);
  }
  writer.end_array().end_object();
  co_return Response::json(std::move(body));
}

}  // namespace

void add_dead_letter_routes(http::Router& router, LetterBoxes boxes) {
  const http::RouteOptions local{.loopback_only = true};
  router.get("/api/v1/admin/dead-letters", local,
             [boxes](const Request& request) { return list(boxes, request); });
  router.add(http::Method::kGet, "/api/v1/admin/dead-letters/{number}", local,
             http::PathHandler([boxes](const Request& request, http::PathParameters path) {
               return show(boxes, request, std::move(path));
             }));
  router.post("/api/v1/admin/dead-letters/redrive", local,
              [boxes](const Request& request) { return redrive(boxes, request); });
  router.post("/api/v1/admin/dead-letters/drop", local,
              [boxes](const Request& request) { return drop(boxes, request); });
  router.get("/api/v1/admin/dead-letter-subscriptions", local,
             [boxes](const Request&) { return list_subscriptions(boxes); });
}

}  // namespace orderly::app
