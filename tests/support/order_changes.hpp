#pragma once

#include <string>
#include <vector>

#include "warehouse/tables.hpp"
#include "warehouse/warehouse.hpp"

/// Changes of a read model for tests of the warehouse.
namespace orderly::testing {

/// Number 1, 2, 3 … of a feed, each a new order with its own ids.
warehouse::Change order_change(Position position);
/// A repaired row of the order that `order_change(of)` made, with another price.
warehouse::Change replacing_change(Position position, Position of, std::int64_t unit_price);
/// order_change(first) … order_change(last).
std::vector<warehouse::Change> order_changes(Position first, Position last);
/// The cursor of a reader that has settled everything up to `position` of that feed.
Cursor cursor_at(Position position);
/// The step of a loader that writes `changes` into order_information.
warehouse::Load order_load(const std::vector<warehouse::Change>& changes, const Cursor& from,
                           const Cursor& to);

}  // namespace orderly::testing
