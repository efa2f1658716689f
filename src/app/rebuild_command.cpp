#include "app/rebuild_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

#include "app/api_client.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

constexpr std::chrono::milliseconds kLookAgain{100};
constexpr int kNotFound = 404;

std::int64_t number(const json::Value& object, const char* key) {
  return object.int_at(key).value_or(0);
}

std::string text(const json::Value& object, const char* key) {
  return std::string(object.string_at(key).value_or(""));
}

/// One command, from the request to its end.
class Rebuilding {
 public:
  explicit Rebuilding(const RebuildOptions& options)
      : api_(options.url), path_("/api/v1/admin/rebuild/" + options.store) {}

  json::Value ask() {
    const auto response = api_.get(path_);
    if (response.status == kNotFound) throw std::runtime_error("it is not in that process");
    if (response.status != 200) throw std::runtime_error(message_of(response));
    return json_of(response);
  }

  /// Gives the status in which the command has ended.
  json::Value run(const RebuildOptions& options) {
    told_ = text(ask(), "last");
    std::string body;
    json::Writer writer(body);
    writer.begin_object().member("action", options.action);
    if (options.action == "start") writer.member("swap_when_equal", !options.diff_only);
    if (options.keep_seconds >= 0) writer.member("keep_seconds", options.keep_seconds);
    writer.end_object();
    const auto response = api_.post(path_, body);
    if (response.status == kNotFound) throw std::runtime_error("it is not in that process");
    if (response.status != 202) throw std::runtime_error(message_of(response));
    const auto ended = number(json_of(response), "ended");
    for (;;) {
      auto status = ask();
      if (number(status, "ended") > ended) {
        if (on_terminal_) std::fputs("\r\033[K", stderr);
        return status;
      }
      tell_what_holds_it_up(status);
      show_progress(status);
      std::this_thread::sleep_for(kLookAgain);
    }
  }

 private:
  /// Once, also where nobody watches a terminal: it may take until somebody makes room.
  void tell_what_holds_it_up(const json::Value& status) {
    const std::string last = text(status, "last");
    if (last == told_) return;
    told_ = last;
    if (last.empty()) return;
    std::fprintf(stderr, "%sheld up: %s\n", on_terminal_ ? "\r\033[K" : "", last.c_str());
  }

  void show_progress(const json::Value& status) {
    if (!on_terminal_) return;
    std::string line = text(status, "phase");
    if (const auto of = status.int_at("of")) {
      const auto rate = status.find("rate").value().as_real().value_or(0);
      line += fmt::format(" {} of {}, {:.0f}/s", number(status, "done"), *of, rate);
      if (const auto left = status.int_at("left_ms"))
        line += fmt::format(", {} s left", *left / 1000);
    }
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
  }

  ApiClient api_;
  std::string path_;
  std::string told_;
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
};

std::string side(const json::Value& difference, const char* key) {
  const auto value = difference.find(key);
  return value ? value->to_json() : "nothing";
}

void print_differences(const json::Value& status) {
  const auto named = status.find("named").value();
  for (std::size_t i = 0; i < named.size(); ++i) {
    const auto difference = named.at(i);
    const std::string table = text(difference, "table");
    std::printf("differs: %s%s\n  live     %s\n  rebuilt  %s\n",
                table.empty() ? "" : (table + " ").c_str(), text(difference, "key").c_str(),
                side(difference, "live").c_str(), side(difference, "rebuilt").c_str());
  }
  const auto count = number(status, "differences");
  if (static_cast<std::int64_t>(named.size()) < count) {
    std::printf("… and %lld more\n",
                static_cast<long long>(count) - static_cast<long long>(named.size()));
  }
}

void print(const json::Value& status, bool diff_only) {
  const std::string phase = text(status, "phase");
  if (status.find("compared")->as_bool().value_or(false)) print_differences(status);
  if (const std::string last = text(status, "last"); !last.empty()) {
    std::printf("%s (%.1f s)\n", last.c_str(),
                static_cast<double>(number(status, "took_ms")) / 1000);
  }
  if (phase == "kept") {
    std::printf(
        "The one that was live before is kept fed until %s: --rollback goes back to it, "
        "--drop removes it.\n",
        text(status, "kept_until").c_str());
  } else if (phase == "compared" && !diff_only) {
    std::printf(
        "The live one is as it was. --swap lets the rebuilt one take over, --cancel removes "
        "it.\n");
  } else if (phase != "idle" && phase != "compared") {
    std::printf("%s\n", phase.c_str());
  }
}

}  // namespace

int run_rebuild(const RebuildOptions& options) {
  Rebuilding rebuilding(options);
  auto status = options.action == "status" ? rebuilding.ask() : rebuilding.run(options);
  const bool failed = status.find("failed")->as_bool().value_or(false);
  const bool differs = options.action == "start" && text(status, "phase") == "compared" &&
                       number(status, "differences") > 0;
  const bool cancelled = options.action == "start" && text(status, "last") == "cancelled";
  if (options.format == "json") {
    std::fputs(pretty(status).c_str(), stdout);
  } else {
    print(status, options.diff_only);
  }
  if (options.action == "start" && options.diff_only && text(status, "phase") == "compared") {
    RebuildOptions cancel = options;
    cancel.action = "cancel";
    rebuilding.run(cancel);
  }
  return failed || differs || cancelled ? 1 : 0;
}

}  // namespace orderly::app
