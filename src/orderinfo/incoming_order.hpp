#pragma once

#include <cstdint>
#include <string>

#include "events/feed.hpp"
#include "events/orders.hpp"

/// What the projector takes in and what it makes of it: plain values.
namespace orderly::orderinfo {

/// From whom an order event came, which says what may be believed.
enum class Origin : std::uint8_t {
  kFeed,     ///< the order service's feed, or a delivery of it in process: the truth
  kPush,     ///< a message that names a place in the order feed; not checked, or not yet
  kForeign,  ///< a message of no feed that we know: archived here, since nobody else has it
};

struct IncomingOrder {
  Origin origin = Origin::kFeed;
  Uuid epoch;  ///< of the order feed; nil where foreign
  /// Its position is 0 where it is in no feed; its event id may be nil.
  events::Recorded<events::OrderPlaced> event;

  bool operator==(const IncomingOrder&) const = default;
};

/// The product version that an order is sold by.
struct Price {
  std::string product_name;
  std::int64_t unit_price = 0;

  bool operator==(const Price&) const = default;
};

struct PricedOrder {
  IncomingOrder order;
  Price price;

  bool operator==(const PricedOrder&) const = default;
};

/// An event that can never be applied. It is kept until an operator has seen to it.
struct DeadLetter {
  std::string key;       ///< the same for the same event, so that it is kept once
  std::string order_id;  ///< empty: it could not be read
  std::string code;      ///< stable, machine-readable, e.g. "order_conflict"
  std::string reason;    ///< one sentence for a person
  std::string message;   ///< the message as a push request's body, so that it can be sent again

  bool operator==(const DeadLetter&) const = default;
};

/// The row that an order and its price make.
events::OrderInfo joined(const events::OrderPlaced& order, const Price& price);

}  // namespace orderly::orderinfo
