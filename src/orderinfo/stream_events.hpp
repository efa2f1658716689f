#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orderinfo/change_watch.hpp"

/// The server-sent events of GET /api/v1/orderinfo/stream, as they go over the wire
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html). api/openapi.yaml has the
/// schemas of their data.
namespace orderly::orderinfo {

/// Where a stream stands in the change log: the id of its events. Opaque to clients.
struct StreamId {
  Uuid epoch;
  Position position = 0;

  bool operator==(const StreamId&) const = default;
  [[nodiscard]] std::string to_string() const;
  /// Exactly what to_string() gives.
  static std::optional<StreamId> parse(std::string_view text);
};

/// Why a stream cannot tell what was missed.
enum class ResetReason : std::uint8_t { kOtherHistory, kTooFarBehind };

std::string ready_event(const StreamId& at, std::optional<Position> warehouse);
std::string order_event(const Uuid& epoch, const Change& change);
std::string warehouse_event(Position loaded);
std::string reset_event(const StreamId& at, ResetReason reason);

/// Tells EventSource how long to wait before it comes back.
inline constexpr std::string_view kRetryField = "retry: 2000\n";
/// Keeps proxies from closing a quiet stream.
inline constexpr std::string_view kHeartbeat = ":\n\n";

}  // namespace orderly::orderinfo
