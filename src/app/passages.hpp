#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/position.hpp"

namespace orderly::app {

/// A batch of consecutive events that went over a hop, or was refused there, at one time.
struct Passage {
  Uuid epoch;  ///< of the positions
  Position first = 0;
  Position last = 0;
  UtcTime began{};
  UtcTime ended{};
  std::int64_t attempt = 1;
  std::string error = {};  ///< empty: it went through

  bool operator==(const Passage&) const = default;
};

/// When which events went over which hop, for traces of orders: a record a batch and not an order,
/// so that it costs next to nothing where it counts. Of each hop the newest kMaxPassages are kept;
/// before them, the time is simply not known. A restart knows what was saved (see PassageFile).
/// Any thread.
class Passages {
 public:
  static constexpr std::size_t kMaxPassages = 4096;  ///< of a hop
  static constexpr std::size_t kMaxHops = 256;       ///< more are not recorded
  static constexpr std::size_t kMaxErrorBytes = 200;
  /// Batches that follow each other within this become one record.
  static constexpr std::chrono::milliseconds kSpan{100};

  void record(std::string_view hop, Passage passage);
  /// All that had this position, oldest first.
  [[nodiscard]] std::vector<Passage> find(std::string_view hop, const Uuid& epoch,
                                          Position position) const;
  /// Whose names begin so.
  [[nodiscard]] std::vector<std::string> hops(std::string_view prefix) const;

  struct OfHop {
    std::string hop;
    Passage passage;
  };
  /// What is new since the last call, or may have grown: the newest of each hop comes again.
  std::vector<OfHop> take_unsaved();
  /// Takes back what was saved, oldest first.
  void restore(OfHop saved);

 private:
  struct Ring {
    std::deque<Passage> passages;
    std::size_t saved = 0;  ///< of the oldest ones
    bool grown = false;     ///< since take_unsaved()
  };
  void push(Ring& ring, Passage passage);

  mutable std::mutex mutex_;
  std::map<std::string, Ring, std::less<>> rings_;
};

}  // namespace orderly::app
