#pragma once

#include "orderinfo/twin.hpp"
#include "sqlite/connection.hpp"

namespace orderly::orderinfo {

/// Which orders the twin and the live one do not know alike. The ids are kept in the twin's file,
/// so memory is bounded however many there are. One thread, on the twin's connections.
class TwinComparison {
 public:
  TwinComparison(sqlite::Connection& twin, sqlite::Connection& live);

  /// Makes the table for them, before the constructor; in live's file it may be left over.
  static void make_table(sqlite::Connection& twin);

  /// Twin::compare.
  bool compare(std::size_t limit, const Stand& stand);
  [[nodiscard]] Position compared() const { return walk_.compared; }
  /// Looks at one order in both, and notes or forgets it.
  void judge(const OrderId& order, const Stand& stand);
  /// Compares the row at this position of both, which the live log has; quick where it is equal.
  void judge_row_at(Position position, const Stand& stand);
  /// To be looked at by recheck().
  void suspect(const OrderId& order);
  void recheck(const Stand& stand);

  [[nodiscard]] std::size_t count();
  std::vector<Difference> first(std::size_t limit);
  /// Ids after `after` in the order in which they were found, with their numbers.
  std::vector<std::pair<std::int64_t, OrderId>> ids(std::int64_t after, std::size_t limit);
  /// Reads the count again, after the table was changed.
  void load();

 private:
  enum class Part : std::uint8_t { kRows, kLiveParked, kTwinParked, kThrough };
  /// How far compare() is.
  struct Walk {
    Part part = Part::kRows;
    Position compared = 0;
    OrderId last_parked = {};
  };
  struct Sides {
    sqlite::Statement row, row_at, rows, parked, parked_after, has_parked;
    explicit Sides(sqlite::Connection& connection);
  };

  void compare_part(std::size_t limit, const Stand& stand);
  void compare_rows(std::size_t limit, const Stand& stand);
  void compare_parked(Sides& of, Part next, std::size_t limit, const Stand& stand);
  [[nodiscard]] bool is_equal(const OrderId& order, const Stand& stand);
  static Difference::Side side_of(Sides& side, const OrderId& order);

  sqlite::Connection& twin_connection_;
  sqlite::Connection& live_connection_;
  Sides twin_;
  Sides live_;
  sqlite::Statement note_, forget_, list_, count_statement_;
  Walk walk_;
  std::size_t count_ = 0;
  bool outdated_ = false;  ///< count_ may differ from what is committed
};

}  // namespace orderly::orderinfo
