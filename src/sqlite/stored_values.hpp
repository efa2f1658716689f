#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "base/dates.hpp"
#include "base/trace.hpp"
#include "sqlite/statement.hpp"

/// How values that every store has become columns and back: times as microseconds, dates as days
/// (both since 1970), a trace as 25 bytes.
namespace orderly::sqlite {

constexpr std::int64_t to_micros(UtcTime time) { return time.time_since_epoch().count(); }
constexpr UtcTime from_micros(std::int64_t micros) {
  return UtcTime(std::chrono::microseconds(micros));
}
constexpr std::int64_t to_days(Date date) { return date.time_since_epoch().count(); }
constexpr Date from_days(std::int64_t days) {
  return Date(std::chrono::days(static_cast<std::chrono::days::rep>(days)));
}

/// A trace context as a column: NULL where there is none. Bound where it is: keep it until the use
/// ends.
class StoredTrace {
 public:
  explicit StoredTrace(const TraceContext& trace) : empty_(trace.empty()) {
    const auto span = std::ranges::copy(trace.trace_id, bytes_.begin()).out;
    *std::ranges::copy(trace.span_id, span).out = trace.flags;
  }

  void bind_to(Statement::Use& use, int index) const {
    if (!empty_) use.bind(index, std::span<const std::byte>(bytes_));
  }

 private:
  bool empty_;
  std::array<std::byte, 25> bytes_{};
};

/// The trace in `column` of the current row; an empty one for anything else than 25 bytes.
inline TraceContext read_trace(const Statement::Use& row, int column) {
  TraceContext trace;
  const auto bytes = row.blob(column);
  if (bytes.size() != 25) return trace;
  std::ranges::copy(bytes.first<16>(), trace.trace_id.begin());
  std::ranges::copy(bytes.subspan<16, 8>(), trace.span_id.begin());
  trace.flags = bytes[24];
  return trace;
}

}  // namespace orderly::sqlite
