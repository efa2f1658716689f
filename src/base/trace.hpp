#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace orderly {

/// W3C Trace Context, version 00: what travels from the request through the outbox and the message
/// attributes to the projection.
struct TraceContext {
  std::array<std::byte, 16> trace_id{};
  std::array<std::byte, 8> span_id{};
  std::byte flags{};

  bool operator==(const TraceContext&) const = default;
  /// All zero: there is no trace.
  [[nodiscard]] bool empty() const { return trace_id == std::array<std::byte, 16>{}; }
  /// `00-<32 hex>-<16 hex>-<2 hex>`; empty text for an empty context.
  [[nodiscard]] std::string to_string() const;
  /// Nothing for what is not a valid traceparent (the header is then ignored, as W3C asks).
  static std::optional<TraceContext> parse(std::string_view traceparent);
  static TraceContext start(Random& random);
};

}  // namespace orderly
