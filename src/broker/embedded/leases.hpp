#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "base/random.hpp"

namespace orderly::broker {

/// The messages that a pull handed out, until they are answered or their deadline is over. Only in
/// memory: a restart ends them all. Pure bookkeeping, one thread.
class Leases {
 public:
  /// Its acknowledgement id: the position, and 128 random bits that nobody guesses.
  std::string grant(Position position, SteadyTime deadline, Random& random);
  /// The message that `ack_id` was given for, if it is still leased under this id.
  [[nodiscard]] std::optional<Position> find(std::string_view ack_id) const;
  void extend(Position position, SteadyTime deadline);
  void end(Position position);
  void clear();

  /// The message is acknowledged, but an earlier one of its key is not: its deadline ends no more.
  void acknowledge_early(Position position);
  [[nodiscard]] bool is_acknowledged_early(Position position) const;

  [[nodiscard]] bool contains(Position position) const { return leases_.contains(position); }
  [[nodiscard]] std::size_t size() const { return leases_.size(); }
  /// Ascending.
  [[nodiscard]] std::vector<Position> positions() const;
  /// When the first deadline is over.
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;
  /// A message whose deadline is over at `now`, if there is one.
  [[nodiscard]] std::optional<Position> overdue(SteadyTime now) const;

 private:
  struct Lease {
    std::array<std::uint64_t, 2> secret{};
    SteadyTime deadline{};
    bool acknowledged_early = false;
  };

  std::map<Position, Lease> leases_;
  std::set<std::pair<SteadyTime, Position>> deadlines_;  ///< of those that may still end
};

}  // namespace orderly::broker
