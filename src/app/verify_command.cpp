#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "audit/report.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

constexpr const char* kPath = "/api/v1/admin/verify";
constexpr std::chrono::milliseconds kLookAgain{100};

std::int64_t number(const json::Value& object, const char* key) {
  return object.int_at(key).value_or(0);
}

/// One run of the server's, from the request to its report.
class Verification {
 public:
  explicit Verification(const std::string& url) : api_(url) {}

  json::Value run(bool repair) {
    const auto ticket = request(repair);
    for (;;) {
      const auto status = ask();
      if (number(status, "finished") >= ticket) {
        clear_progress();
        return status.find("last").value();
      }
      show_progress(status);
      std::this_thread::sleep_for(kLookAgain);
    }
  }

 private:
  std::int64_t request(bool repair) {
    std::string body;
    json::Writer(body).begin_object().member("repair", repair).end_object();
    const auto response = api_.post(kPath, body);
    if (response.status != 202) throw std::runtime_error(message_of(response));
    return number(json_of(response), "ticket");
  }

  json::Value ask() {
    const auto response = api_.get(kPath);
    if (response.status != 200) throw std::runtime_error(message_of(response));
    return json_of(response);
  }

  void show_progress(const json::Value& status) {
    if (!on_terminal_) return;
    const std::string phase(status.string_at("phase").value_or("waiting"));
    const auto of = number(status, "of");
    std::fprintf(stderr, "\r\033[K%s %lld", phase.c_str(),
                 static_cast<long long>(number(status, "done")));
    if (of > 0) std::fprintf(stderr, " of %lld", static_cast<long long>(of));
    std::fflush(stderr);
  }

  void clear_progress() const {
    if (on_terminal_) std::fputs("\r\033[K", stderr);
  }

  ApiClient api_;
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
};

void print(const json::Value& report) {
  const auto value = [&](const char* key) { return static_cast<long long>(number(report, key)); };
  std::printf("orders accepted    %lld (up to position %lld)\n", value("orders"),
              value("orders_up_to"));
  std::printf("from elsewhere     %lld\n", value("foreign"));
  std::printf("visible            %lld\n", value("rows"));
  std::printf("parked             %lld\n", value("parked"));
  std::printf("dead letters       %lld\n", value("dead_letters"));
  std::printf("in the warehouse   %lld\n", value("warehouse_rows"));
  const auto named = report.find("named").value();
  for (std::size_t i = 0; i < named.size(); ++i) {
    const auto difference = named.at(i);
    std::printf("differs: %s %s\n", std::string(difference.string_at("kind").value_or("")).c_str(),
                std::string(difference.string_at("order_id").value_or("")).c_str());
  }
  const std::string state(report.string_at("state").value_or(""));
  if (state == "incomplete") {
    std::printf("Not everything could be compared: %s\n",
                std::string(report.string_at("reason").value_or("")).c_str());
  } else if (state == "clean") {
    std::printf("Everything agrees (%.1f s).\n", static_cast<double>(value("took_ms")) / 1000);
  } else {
    std::printf("%lld differences", value("differences"));
    if (static_cast<long long>(named.size()) < value("differences")) {
      std::printf(", of which %zu are named", named.size());
    }
    std::printf("; %lld rows were written again.\n", value("repaired"));
  }
}

}  // namespace

int run_verify(const VerifyOptions& options) {
  Verification verification(options.url);
  auto report = verification.run(options.repair);
  const bool repaired = number(report, "repaired") > 0;
  if (options.format == "json" && !repaired) std::fputs(pretty(report).c_str(), stdout);
  if (options.format != "json") print(report);
  if (repaired) {
    if (options.format != "json") std::printf("\nAfter the repair:\n");
    report = verification.run(false);
    if (options.format == "json") {
      std::fputs(pretty(report).c_str(), stdout);
    } else {
      print(report);
    }
  }
  return report.string_at("state") == "clean" ? 0 : 1;
}

}  // namespace orderly::app
