#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fuzz/target.hpp"
#include "json/value.hpp"
#include "simulation/process.hpp"

/// Every route of `orderly up`, behind it the whole platform on a simulated machine.
namespace orderly::fuzz {
namespace {

using namespace std::chrono_literals;

/// Jobs of the simulation call nobody outside; a push subscription would.
bool would_reach_others(std::string_view input) {
  const auto has = [&](std::string_view text) {
    return input.find(text) != std::string_view::npos;
  };
  return has("ndpoint") || (has("subscriptions") && has("\\u"));
}

/// What is written beside the simulated disk (exports) goes to a folder of its own.
void work_elsewhere() {
  static auto* const kFolder = new std::string("/tmp/orderly-fuzz-XXXXXX");
  expect(::mkdtemp(kFolder->data()) != nullptr && ::chdir(kFolder->c_str()) == 0,
         "there is a folder");
  std::atexit([] { std::filesystem::remove_all(*kFolder); });
}

/// `POST /path`, headers a line each, an empty line, the body.
http::Request parse(std::string_view input) {
  http::Request request;
  auto [first, rest] = split(input, '\n');
  const auto [method, target] = split(first, ' ');
  request.method = http::parse_method(method);
  request.target = target;
  request.headers.add("Host", "localhost");
  request.headers.add("Content-Type", "application/json");
  while (!rest.empty()) {
    const auto [line, behind] = split(rest, '\n');
    rest = behind;
    if (line.empty()) break;
    const auto [name, value] = split(line, ':');
    request.headers.add(name, value);
  }
  request.body = rest;
  return request;
}

/// A new machine now and then, so that what inputs leave behind stays little.
class Shop {
 public:
  static constexpr int kInputs = 2'000;

  Shop() : machine_(std::make_unique<simulation::Machine>(1)) { start(); }

  http::Response answer(const http::Request& request) {
    if (++inputs_ % kInputs == 0) start();
    std::optional<http::Response> response;
    process_->clients().spawn("stranger", ask(request, response));
    const bool answered = process_->loop().run_until([&] { return response.has_value(); },
                                                     machine_->clock.steady_now() + 2min);
    expect(answered, "every request is answered in time");
    return std::move(*response);
  }

 private:
  void start() {
    process_.reset();
    machine_.reset();  // its disk is registered under one name
    machine_ = std::make_unique<simulation::Machine>(1);
    process_ = std::make_unique<simulation::Process>(*machine_);
    process_->calm_down();
  }
  runtime::Task<void> ask(const http::Request& request, std::optional<http::Response>& response) {
    response = co_await process_->router().dispatch(request);
  }

  std::unique_ptr<simulation::Machine> machine_;
  std::unique_ptr<simulation::Process> process_;
  int inputs_ = 0;
};

/// Refusals that are of the text as a whole, and of no member.
constexpr std::array<std::string_view, 6> kOfTheWhole = {
    "malformed_json", "too_deep", "too_many_fields", "malformed_query", "malformed_target", ""};

bool has_nameless_parameter(std::string_view target) {
  return target.contains("?=") || target.contains("&=");
}

void check_refusal(const http::Request& request, const http::Response& response) {
  const auto problem = json::Value::parse(response.content());
  expect(problem && problem->is_object(), "a refusal is JSON");
  if (response.content_type != http::kProblemJson) return;  // in Google's form
  const auto message = problem->string_at("message");
  expect(message && !message->empty(), "a refusal says why");
  if (response.status != 400) return;
  const auto code = problem->string_at("code").value_or("");
  const bool names = problem->string_at("field").has_value() ||
                     std::ranges::find(kOfTheWhole, code) != kOfTheWhole.end() ||
                     has_nameless_field(request.body) || has_nameless_parameter(request.target);
  expect(names, "a refusal names the field");
}

void routes(std::string_view input) {
  if (would_reach_others(input)) return;
  static Shop* const kShop = [] {
    work_elsewhere();
    return new Shop;
  }();
  const http::Request request = parse(input);
  const http::Response response = kShop->answer(request);
  if (response.status == 503) {
    expect(response.headers.find("Retry-After").has_value(), "who is to come again is told when");
    return;
  }
  expect(response.status < 500, "nothing that a client sends makes the platform fail");
  if (response.status >= 400 && request.method != http::Method::kHead) {
    check_refusal(request, response);
  }
}

const Registered kRoutes("routes", routes);

}  // namespace
}  // namespace orderly::fuzz
