#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"

namespace orderly::audit {

/// How an order differs, and with that which side is wrong: the orders and the archive of foreign
/// events are the truth for the read model, the read model is the truth for the warehouse.
enum class Kind : std::uint8_t {
  kMissingInReadModel,
  kDifferentInReadModel,
  kUnknownInReadModel,  ///< nobody has accepted it
  kMissingInWarehouse,
  kDifferentInWarehouse,
  kDoubledInWarehouse,
  kUnknownInWarehouse,  ///< it has no row in the read model
};
inline constexpr std::size_t kKinds = 7;
/// E.g. `missing_in_read_model`.
std::string_view to_string(Kind kind);

struct Difference {
  Kind kind = Kind::kMissingInReadModel;
  std::string order_id;
  Position position = 0;  ///< in the order feed; 0: in none

  bool operator==(const Difference&) const = default;
};

/// Of the differences found, so many are named; all are counted.
inline constexpr std::size_t kMaxNamed = 1000;

/// What a reconciliation found.
struct Report {
  enum class State : std::uint8_t {
    kClean,
    kDiffers,
    kIncomplete,  ///< something could not be compared; `reason` says why
  };
  State state = State::kIncomplete;
  std::string reason;
  UtcTime started_at{};
  std::chrono::milliseconds took{0};

  Position orders_up_to = 0;   ///< verified up to this position of the order feed
  Position changes_up_to = 0;  ///< and this one of the read model's change log
  std::int64_t orders = 0;     ///< accepted, up to there
  std::int64_t foreign = 0;    ///< that came by push and are in no feed
  std::int64_t rows = 0;       ///< of the read model
  std::int64_t warehouse_rows = 0;
  std::int64_t parked = 0;        ///< of the accepted ones: wait for their product
  std::int64_t dead_letters = 0;  ///< of the accepted ones: kept for an operator

  std::int64_t differences = 0;
  std::vector<Difference> named;
  std::int64_t repaired = 0;  ///< rows written again; the next run tells whether that was enough
};

std::string_view to_string(Report::State state);
/// The JSON object of the HTTP interface.
std::string encode(const Report& report);

}  // namespace orderly::audit
