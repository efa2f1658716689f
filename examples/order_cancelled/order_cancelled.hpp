#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "events/message.hpp"

namespace cancellation {

inline constexpr std::size_t kMaxReasonBytes = 512;

/// The event `order_cancel` on the topic `order-cancellation-event`: a customer does not want an
/// order any more. An order is cancelled once, and stays so.
struct OrderCancelled {
  static constexpr std::string_view kType = "order_cancel";
  static constexpr std::string_view kTopic = "order-cancellation-event";

  orderly::OrderId order_id;
  std::string reason;  ///< 0…kMaxReasonBytes of UTF-8

  bool operator==(const OrderCancelled&) const = default;
};

void append_json(std::string& out, const OrderCancelled& event);
/// Its ordering key is the order, as that of the order's own event.
orderly::events::Message to_message(const orderly::Uuid& epoch,
                                    const orderly::events::Recorded<OrderCancelled>& event);

}  // namespace cancellation
