#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/trace.hpp"

/// Structured logs: a message that never varies, and fields that do.
///
///     log::warning("order refused", {{"code", error.code}, {"trace", request.trace}});
///
/// They go to stderr (stdout belongs to the results of commands): one JSON object a line off a
/// terminal, as Cloud Logging reads it (`time`, `severity`, `message`,
/// `logging.googleapis.com/trace`), and lines for people on one. Any thread may call. Bodies,
/// credentials and customers' data are never logged.
namespace orderly::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class Format : std::uint8_t { kAuto, kJson, kHuman };

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kAuto;  ///< kAuto: kHuman when stderr is a terminal
  /// Makes `trace` fields links in Google's console: projects/PROJECT/traces/ID.
  std::string google_project;
  /// Gets each line (without its end) in place of stderr.
  std::function<void(std::string_view line)> sink;
};

/// Before the first thread that logs; later only in tests.
void configure(Options options);

/// What a field may hold; it refers to the caller's data, which outlives the call.
class FieldValue {
 public:
  FieldValue(std::string_view text) : value_(text) {}                      // NOLINT(*-explicit-*)
  FieldValue(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT(*-explicit-*)
  FieldValue(const char* text) : value_(std::string_view(text)) {}         // NOLINT(*-explicit-*)
  FieldValue(bool flag) : value_(flag) {}                                  // NOLINT(*-explicit-*)
  FieldValue(double number) : value_(number) {}                            // NOLINT(*-explicit-*)
  FieldValue(std::integral auto number)                                    // NOLINT(*-explicit-*)
      : value_(static_cast<std::int64_t>(number)) {}
  FieldValue(const TraceContext& trace) : value_(&trace) {}  // NOLINT(*-explicit-*)

  using Held = std::variant<std::string_view, std::int64_t, double, bool, const TraceContext*>;
  [[nodiscard]] const Held& held() const { return value_; }

 private:
  Held value_;
};

struct Field {
  std::string_view key;
  FieldValue value;
};
using Fields = std::initializer_list<Field>;

[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view message, Fields fields = {});

inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::kInfo, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) {
  write(Level::kWarning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::kError, message, fields);
}

/// Lets one of many repetitions through an interval. One thread at a time.
class Throttle {
 public:
  explicit Throttle(std::chrono::nanoseconds interval) : interval_(interval) {}

  /// How many were held back since the last that passed, if this one may be logged.
  std::optional<std::uint64_t> pass(SteadyTime now);

 private:
  std::chrono::nanoseconds interval_;
  std::optional<SteadyTime> next_;
  std::uint64_t held_back_ = 0;
};

}  // namespace orderly::log
