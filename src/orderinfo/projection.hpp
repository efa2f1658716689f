#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "events/message.hpp"
#include "orderinfo/incoming_order.hpp"
#include "orderinfo/pricing.hpp"

/// The rules of the projection: pure, so that every one of them is tested as given/when/then.
namespace orderly::orderinfo {

struct Project {
  Price price;
  bool operator==(const Project&) const = default;
};
struct Park {
  bool operator==(const Park&) const = default;
};
using Decision = std::variant<Project, Park, DeadLetter>;

/// What becomes of an order that is new, given all versions of its product that were in force up to
/// its time of acceptance: a row, a place to wait in for its product, or a dead letter.
Decision decide(const IncomingOrder& order, std::span<const ProductVersion> versions);

enum class Again : std::uint8_t {
  kDuplicate,  ///< nothing new
  kReplace,    ///< the feed corrects the time that a message had claimed: the order is priced anew
  kConflict,   ///< another order under the same id: a dead letter
};

/// What becomes of an order whose order_id is known already, as a row or parked.
Again resolve(const events::Recorded<events::OrderPlaced>& known, const IncomingOrder& order);

/// The dead letter of an order that resolve() calls a conflict.
DeadLetter conflict_letter(const IncomingOrder& order);
/// The dead letter of a message whose data is no order, for the reason that `error` gives.
DeadLetter unreadable_letter(const events::Message& message, const Error& error);

}  // namespace orderly::orderinfo
