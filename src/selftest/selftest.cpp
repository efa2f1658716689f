#include "selftest/selftest.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "http/client.hpp"
#include "json/value.hpp"
#include "runtime/task_group.hpp"
#include "selftest/arrangement.hpp"
#include "selftest/census.hpp"
#include "selftest/load.hpp"
#include "selftest/record.hpp"
#include "telemetry/log.hpp"

namespace orderly::selftest {
namespace {

using namespace std::chrono_literals;
using runtime::Task;
using Kind = Arrangement::Kind;

constexpr int kClients = 8;
constexpr auto kBetweenKills = 1'500ms;  ///< on average
constexpr auto kQuietTime = 90s;         ///< for all to arrive everywhere
constexpr auto kCountAgainTime = 5s;     ///< where it had arrived before
constexpr auto kPoll = 200ms;

/// One arrangement from its start to its count.
class Trial {
 public:
  Trial(runtime::EventLoop& loop, Arrangement& arrangement, Random& random)
      : loop_(loop), arrangement_(arrangement), random_(random) {}

  Task<bool> run(std::chrono::seconds duration) { return to_the_end(load_and_count(duration)); }
  Task<bool> count_again() { return to_the_end(count_record()); }

 private:
  /// Whatever happens, nothing is left running.
  Task<bool> to_the_end(Task<void> part) {
    std::exception_ptr failure;
    try {
      co_await std::move(part);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await arrangement_.stop();
    if (failure) std::rethrow_exception(failure);
    co_return report();
  }

  Task<void> load_and_count(std::chrono::seconds duration) {
    Record record(arrangement_.record());
    co_await arrangement_.start();
    co_await disturb(record, duration);
    report_load(record);
    problems_ = record.problems();
    co_await judge(record.orders(), &record.attempts(), kQuietTime);
  }

  Task<void> count_record() {
    const auto orders = Record::read(arrangement_.record());
    std::printf("%-9s %zu orders in the record\n", arrangement_.name(), orders.size());
    co_await arrangement_.start();
    co_await judge(orders, nullptr, kCountAgainTime);
  }

  Task<void> disturb(Record& record, std::chrono::seconds duration) {
    Load load(loop_, arrangement_.urls().order, arrangement_.urls().product, random_, record);
    runtime::TaskGroup clients(loop_);
    clients.spawn("prices", load.set_prices());
    for (int index = 0; index < kClients; ++index)
      clients.spawn("client", load.order(index));
    const SteadyTime end = loop_.steady_now() + duration;
    std::exception_ptr failure;
    try {
      while (loop_.steady_now() < end) {
        const auto wait = random_.below(2 * kBetweenKills.count());
        co_await loop_.sleep_for(std::chrono::milliseconds(wait));
        arrangement_.disturb_network();
        co_await arrangement_.kill_one();
        show_progress(record);
      }
    } catch (const std::runtime_error&) {
      failure = std::current_exception();
    }
    arrangement_.calm_network();
    load.finish();
    if (failure) clients.stop();  // who does not come back answers nobody
    co_await clients.join();
    if (failure) std::rethrow_exception(failure);
  }

  void show_progress(const Record& record) const {
    if (::isatty(STDERR_FILENO) != 1) return;
    std::fprintf(stderr, "\r\033[K%s: %zu kills, %zu orders acknowledged", arrangement_.name(),
                 arrangement_.kills(), record.orders().size());
    std::fflush(stderr);
  }

  void report_load(const Record& record) const {
    if (::isatty(STDERR_FILENO) == 1) std::fputs("\r\033[K", stderr);
    std::printf(
        "%-9s %zu kills, %zu connections cut; %zu orders sent, %zu acknowledged, "
        "%zu answers refused or missing\n",
        arrangement_.name(), arrangement_.kills(), arrangement_.cuts(), record.attempts().size(),
        record.orders().size(), record.refusals());
  }

  /// Until the count is as it must be, or long enough for all to have arrived.
  Task<void> judge(std::vector<events::OrderPlaced> acknowledged,
                   const std::set<Record::Attempt>* attempts, std::chrono::seconds patience) {
    if (acknowledged.empty()) problems_.emplace_back("no order was acknowledged: nothing is shown");
    if (!co_await arrangement_.await_ready()) problems_.emplace_back("not all of it gets ready");
    const SteadyTime deadline = loop_.steady_now() + patience;
    for (;;) {
      try {
        counted_ = co_await count(loop_, arrangement_.urls(), acknowledged, attempts);
      } catch (const Unavailable& unavailable) {
        counted_.problems = {unavailable.what()};
      }
      if (counted_.problems.empty() || loop_.steady_now() > deadline) break;
      co_await loop_.sleep_for(kPoll);
    }
    co_await verify();
  }

  /// What the platform says of itself.
  Task<void> verify() {
    auto client =
        http::Client::open(loop_, arrangement_.urls().orderinfo, {.request_timeout = 60s});
    http::ClientRequest start{.method = http::Method::kPost,
                              .target = "/api/v1/admin/verify",
                              .body = R"({"repair":false})"};
    const auto asked = co_await client->send(std::move(start));
    const auto ticket = json::Value::parse(asked.body).value().int_at("ticket");
    const SteadyTime deadline = loop_.steady_now() + kQuietTime;
    while (loop_.steady_now() < deadline) {
      http::ClientRequest look{.target = "/api/v1/admin/verify"};
      const auto answer = co_await client->send(std::move(look));
      const auto status = json::Value::parse(answer.body).value();
      if (ticket && status.int_at("finished").value_or(0) >= *ticket) {
        verified_ = status.find("last").value().string_at("state").value_or("");
        co_return;
      }
      co_await loop_.sleep_for(kPoll);
    }
  }

  bool report() const {
    auto problems = problems_;
    problems.insert(problems.end(), counted_.problems.begin(), counted_.problems.end());
    if (verified_ != "clean") problems.push_back("orderly verify says: " + verified_);
    if (problems.empty()) {
      std::printf(
          "          %zu orders accepted, each once and at its price in the read model and "
          "in the warehouse; revenue %lld everywhere; verify: clean\n",
          counted_.orders, static_cast<long long>(counted_.revenue));
    }
    for (const auto& problem : problems)
      std::printf("          LOST OR WRONG: %s\n", problem.c_str());
    std::fflush(stdout);
    return problems.empty();
  }

  runtime::EventLoop& loop_;
  Arrangement& arrangement_;
  Random& random_;
  std::vector<std::string> problems_;
  Counted counted_;
  std::string verified_ = "no answer";
};

constexpr Kind kKinds[] = {Kind::kTogether, Kind::kApart};

const char* folder_of(Kind kind) { return kind == Kind::kTogether ? "together" : "apart"; }

/// Runs `trial` of an arrangement on a loop of its own.
template <class Part>
bool with_arrangement(const Options& options, Kind kind, const Part& part) {
  const SystemClock clock;
  runtime::AsioEventLoop loop(clock);
  SeededRandom random(options.seed + static_cast<std::uint64_t>(kind));
  Arrangement arrangement(loop, kind, options.program, options.data / folder_of(kind), random);
  Trial trial(loop, arrangement, random);
  bool good = false;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop.executor(), part(trial),
                        [&](const std::exception_ptr& error, bool result) {
                          failure = error;
                          good = result;
                          loop.stop();
                        });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return good;
}

void conclude(bool good) {
  std::printf("%s\n", good ? "Nothing lost, nothing doubled." : "Something is lost or wrong.");
}

}  // namespace

bool run(const Options& options) {
  // Connections that are refused are what this is about.
  log::configure({.level = log::Level::kError});
  std::filesystem::create_directories(options.data);
  if (!std::filesystem::is_empty(options.data)) {
    throw std::runtime_error(options.data.string() + " is not empty; give a folder of its own");
  }
  std::printf("orderly selftest: seed %llu, %lld seconds, in %s\n",
              static_cast<unsigned long long>(options.seed),
              static_cast<long long>(options.duration.count()), options.data.c_str());
  bool good = true;
  for (const Kind kind : kKinds) {
    const auto half = std::max(options.duration / 2, std::chrono::seconds(1));
    const auto part = [half](Trial& trial) { return trial.run(half); };
    good = with_arrangement(options, kind, part) && good;
  }
  conclude(good);
  if (!good || options.keep) {
    std::printf("What it has left is in %s.\n", options.data.c_str());
    return good;
  }
  for (const Kind kind : kKinds)
    std::filesystem::remove_all(options.data / folder_of(kind));
  return true;
}

bool count_again(const Options& options) {
  log::configure({.level = log::Level::kError});
  bool good = true;
  for (const Kind kind : kKinds) {
    if (!std::filesystem::exists(options.data / folder_of(kind))) {
      throw std::runtime_error("no selftest has left anything in " + options.data.string());
    }
    const auto part = [](Trial& trial) { return trial.count_again(); };
    good = with_arrangement(options, kind, part) && good;
  }
  conclude(good);
  return good;
}

}  // namespace orderly::selftest
