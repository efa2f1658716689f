#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/order_trace.hpp"
#include "base/dates.hpp"
#include "http/query.hpp"

namespace orderly::app {
namespace {

std::string sentence_of(const TraceEntry& entry) {
  std::string text = entry.event;
  if (!entry.subscription.empty()) text += " by " + entry.subscription;
  if (entry.attempt) text += fmt::format(", attempt {}", *entry.attempt);
  if (entry.position) text += fmt::format(", position {}", *entry.position);
  if (entry.state == TraceEntry::State::kFailed) text += " (failed)";
  if (!entry.error.empty()) text += ": " + entry.error;
  if (!entry.note.empty()) text += ". " + entry.note;
  return text;
}

void print(const OrderTrace& trace) {
  const auto line = [](const char* name, const std::string& value) {
    if (!value.empty()) fmt::print("{:<10}{}\n", name, value);
  };
  line("order", trace.order_id);
  line("customer", trace.customer_id);
  line("trace", trace.trace_id);
  line("state", std::string(state_of(trace)));
  fmt::print("\n");
  std::optional<UtcTime> before;
  for (const TraceEntry& entry : trace.timeline) {
    // How long after the one before it says more than two long times.
    std::string later;
    if (entry.at && before && *entry.at >= *before) {
      later = fmt::format("+{:.3f} s", std::chrono::duration<double>(*entry.at - *before).count());
    }
    fmt::print("{:<11} {:<28} {:>12}  {}\n", to_string(entry.station),
               entry.at ? format_rfc3339(*entry.at) : "-", later, sentence_of(entry));
    if (entry.at) before = entry.at;
  }
}

}  // namespace

int run_trace(const TraceOptions& options) {
  ApiClient api(options.url);
  const auto response =
      api.get("/api/v1/order/trace?order_id=" + http::percent_encode(options.order_id));
  if (response.status != 200) throw std::runtime_error(message_of(response));
  if (options.format == "json") {
    const auto value = json::Value::parse(response.body);
    std::fputs(value ? pretty(*value).c_str() : response.body.c_str(), stdout);
    return 0;
  }
  const auto trace = parse_order_trace(response.body);
  if (!trace) throw std::runtime_error("unexpected answer: " + response.body);
  print(*trace);
  return 0;
}

}  // namespace orderly::app
