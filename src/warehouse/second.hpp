#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "warehouse/result_table.hpp"

/// A second set of tables beside the live ones, for a rebuild: what Warehouse::second and
/// Warehouse::compare_second speak of.
namespace orderly::warehouse {

/// A table's second one stands in the same schema, under its name with this behind it; no table of
/// the catalog has such a name.
inline constexpr std::string_view kSecondSuffix = "__second";

struct SecondCommand {
  enum class Action : std::uint8_t {
    kLook,    ///< say what there is
    kCreate,  ///< empty ones of `tables`, before the first position, for whatever there was
    kRemove,  ///< all of them
    kSwap,    ///< let them change places with the live ones, if each stands where its live one does
    kKeep,    ///< note until when they are kept
  };
  Action action = Action::kLook;
  std::vector<std::string> tables = {};  ///< of kCreate: some of the catalog
  UtcTime until{};                       ///< of kKeep
  /// Of kSwap: rows that only the live ones had go into the list of what was taken out, as in
  /// Warehouse::put_in_place.
  bool list_lost = false;
};

struct SecondTable {
  std::string name;  ///< of the live one
  Cursor live;
  Cursor second;

  [[nodiscard]] bool stand_alike() const { return live == second; }
  bool operator==(const SecondTable&) const = default;
};

/// What there is once a command was carried out.
struct SecondTables {
  std::vector<SecondTable> tables = {};  ///< empty: there are none
  /// They have changed places, and nobody has said since how long they are kept. Of kSwap: whether
  /// it happened.
  bool swapped = false;
  std::optional<UtcTime> kept_until = {};

  bool operator==(const SecondTables&) const = default;
};

/// Rows belong to parts by a hash of their keys (of all columns where there is no key), so that a
/// comparison sums up everything once and looks closer only where the sums differ.
inline constexpr std::uint32_t kSecondParts = 4'096;

struct CompareSecond {
  std::string table;
  std::vector<std::uint32_t> parts = {};  ///< to look at row by row; none: sum up all of them
  std::size_t limit = 0;                  ///< rows that are shown
};

struct ComparedSecond {
  struct Part {
    std::uint32_t number = 0;
    std::int64_t rows = 0;  ///< of the side that has more

    bool operator==(const Part&) const = default;
  };
  /// A row of a side that the other one does not have, beside the other one's of the same key.
  struct Pair {
    std::optional<Row> live;
    std::optional<Row> second;

    bool operator==(const Pair&) const = default;
  };
  bool stood_alike = false;          ///< else nothing was compared
  std::vector<Part> differing = {};  ///< of a sum
  std::size_t differences = 0;       ///< pairs in the parts that were looked at
  std::vector<Pair> first = {};      ///< by key

  bool operator==(const ComparedSecond&) const = default;
};

}  // namespace orderly::warehouse
