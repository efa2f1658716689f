#include "telemetry/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <utility>

#include "base/dates.hpp"
#include "base/text.hpp"

namespace orderly::log {
namespace {

/// What configure() sets. spdlog's logger serialises the writes and keeps a line in one piece.
struct State {
  Options options;
  bool human = false;
  std::shared_ptr<spdlog::logger> logger;
};

std::atomic<Level> minimum_level{Level::kInfo};

State make_state(Options options) {
  State state;
  state.human = options.format == Format::kHuman ||
                (options.format == Format::kAuto && ::isatty(STDERR_FILENO) == 1);
  state.logger = std::make_shared<spdlog::logger>(
      "orderly", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  state.logger->set_pattern("%v");
  state.logger->set_level(spdlog::level::trace);
  state.logger->flush_on(spdlog::level::trace);
  state.options = std::move(options);
  return state;
}

std::mutex& state_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::shared_ptr<const State>& state_slot() {
  static std::shared_ptr<const State> state = std::make_shared<const State>(make_state({}));
  return state;
}

std::shared_ptr<const State> current_state() {
  const std::lock_guard lock(state_mutex());
  return state_slot();
}

std::string_view severity(Level level) {
  switch (level) {
    case Level::kDebug:
      return "DEBUG";
    case Level::kInfo:
      return "INFO";
    case Level::kWarning:
      return "WARNING";
    case Level::kError:
      return "ERROR";
  }
  std::unreachable();
}

std::string number_text(double number) {
  return std::isfinite(number) ? fmt::format("{}", number) : "null";
}

void append_member(std::string& line, std::string_view key, std::string_view text) {
  line += ",\"";
  append_json_escaped(line, key);
  line += "\":\"";
  // A log line stays readable whatever a client sent.
  if (is_valid_utf8(text)) {
    append_json_escaped(line, text);
  } else {
    line += "(not UTF-8)";
  }
  line += '"';
}

void append_member(std::string& line, std::string_view key, const TraceContext& trace,
                   const std::string& project) {
  const std::string traceparent = trace.to_string();
  const std::string id = trace.empty() ? "" : traceparent.substr(3, 32);
  if (project.empty()) {
    append_member(line, key, id);
  } else {
    append_member(line, "logging.googleapis.com/trace",
                  fmt::format("projects/{}/traces/{}", project, id));
  }
}

void append_literal(std::string& line, std::string_view key, std::string_view literal) {
  line += ",\"";
  append_json_escaped(line, key);
  line += "\":";
  line += literal;
}

std::string json_line(const State& state, Level level, std::string_view message, Fields fields,
                      std::string_view time) {
  std::string line = fmt::format(R"({{"time":"{}","severity":"{}")", time, severity(level));
  append_member(line, "message", message);
  for (const auto& [key, value] : fields) {
    std::visit(
        [&, &name = key]<class T>(const T& held) {
          if constexpr (std::is_same_v<T, std::string_view>) {
            append_member(line, name, held);
          } else if constexpr (std::is_same_v<T, const TraceContext*>) {
            append_member(line, name, *held, state.options.google_project);
          } else if constexpr (std::is_same_v<T, double>) {
            append_literal(line, name, number_text(held));
          } else {
            append_literal(line, name, fmt::format("{}", held));
          }
        },
        value.held());
  }
  line += '}';
  return line;
}

std::string human_line(Level level, std::string_view message, Fields fields,
                       std::string_view time) {
  // Hours, minutes, seconds and milliseconds are what a person at a terminal looks at.
  std::string line = fmt::format("{} {:<7} {}", time.substr(11, 12), severity(level), message);
  for (const auto& [key, value] : fields) {
    line += fmt::format("  {}=", key);
    std::visit(
        [&]<class T>(const T& held) {
          if constexpr (std::is_same_v<T, std::string_view>) {
            append_json_escaped(line, held);
          } else if constexpr (std::is_same_v<T, const TraceContext*>) {
            line += held->to_string();
          } else {
            line += fmt::format("{}", held);
          }
        },
        value.held());
  }
  return line;
}

}  // namespace

void configure(Options options) {
  minimum_level.store(options.level, std::memory_order_relaxed);
  auto state = std::make_shared<const State>(make_state(std::move(options)));
  const std::lock_guard lock(state_mutex());
  state_slot() = std::move(state);
}

bool enabled(Level level) { return level >= minimum_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  const auto state = current_state();
  const std::string time = format_rfc3339(SystemClock{}.utc_now());
  const std::string line = state->human ? human_line(level, message, fields, time)
                                        : json_line(*state, level, message, fields, time);
  if (state->options.sink) {
    state->options.sink(line);
  } else {
    state->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }
}

std::optional<std::uint64_t> Throttle::pass(SteadyTime now) {
  if (next_ && now < *next_) {
    ++held_back_;
    return std::nullopt;
  }
  next_ = now + interval_;
  return std::exchange(held_back_, 0);
}

}  // namespace orderly::log
