#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"

/// Knows what the pipeline accepted and checks every promise of DESIGN.md against what it then
/// holds. It shares no code with what it checks: prices are worked out here once more.
namespace orderly::simulation {

/// What clients were told.
struct Promised {
  /// Orders answered with success, by order_id.
  std::map<std::string, events::OrderPlaced> orders;
  /// The order_id that each idempotency key was answered with.
  std::map<std::string, std::string> keys;
  /// Orders that were sent with a key, whether or not an answer came back, by that key.
  std::map<std::string, events::OrderPlaced> attempted;
  /// Orders of no feed that the push endpoint acknowledged, by order_id.
  std::map<std::string, events::OrderPlaced> foreign;
  /// The order_ids of all that were sent to the push endpoint, answered or not.
  std::set<std::string> foreign_sent;
  /// Orders that were accepted and are gone since the order store was put back to an older state,
  /// as far as they are not in it.
  std::set<std::string> put_back;
  /// Every row that any query answered with at any time.
  std::vector<events::OrderInfo> shown;
  /// What was shown after the order store had been put back and before the read model had noticed:
  /// such an order may be gone, but if it is there it is as it was shown.
  std::vector<events::OrderInfo> shown_late;
};

/// What the stores hold once everything is quiet.
struct Evidence {
  std::vector<events::Recorded<events::OrderPlaced>> orders;
  std::vector<events::Recorded<events::ProductPut>> products;
  std::vector<events::Recorded<events::OrderPlaced>> foreign;
  std::vector<events::OrderInfo> read_model;
  std::vector<events::OrderInfo> warehouse;
  /// What the read model keeps as dead letters, in words. Nobody here sends what cannot be applied.
  std::vector<std::string> dead_letters;
  /// The customers' lists, all pages together. Empty with `lists` unset: nobody looked.
  std::vector<events::OrderInfo> listed;
  bool lists = false;
};

/// One sentence for each promise that is broken; empty when all hold.
std::vector<std::string> broken_promises(const Promised& promised, const Evidence& evidence);

}  // namespace orderly::simulation
