#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "events/feed.hpp"
#include "events/products.hpp"
#include "orderinfo/read_model.hpp"

namespace orderly::orderinfo {

/// How far one of two read models is.
struct Stand {
  Cursor orders;         ///< of the order feed
  Cursor products;       ///< of the product feed
  Position foreign = 0;  ///< of the archive of foreign events
  Position log = 0;  ///< of the live change log: its head there, followed up to here in the twin
  /// How often the live one had gone back to where a feed forks; in the twin, when it was made. A
  /// twin of another number is of no use: what it took in may be gone.
  std::int64_t forks = 0;

  bool operator==(const Stand&) const = default;
};

/// What one step gives to the twin, in one transaction.
struct TwinBatch {
  std::vector<events::Recorded<events::ProductPut>> products;
  std::vector<PricedOrder> rows;
  std::vector<IncomingOrder> parked;
  Stand to;  ///< where it stands then
};

/// An order that the two do not know alike.
struct Difference {
  struct Side {
    Standing standing = Standing::kUnknown;  ///< kUnknown, kVisible or kParked
    std::optional<events::OrderInfo> row;    ///< where it is visible
    UtcTime accepted_at{};                   ///< of the row: its place in lists

    bool operator==(const Side&) const = default;
  };
  OrderId order;
  Side live;
  Side twin;

  bool operator==(const Difference&) const = default;
};

/// A second read model beside the live one: one that is built anew, or one that stood in its place
/// before and is kept. It is fed from the events, never from the rows of the live one, and trails
/// behind it: it never takes in what the live one has not.
///
/// From the live one it takes what no event has: an order's place in the change log. So rows that
/// are equal stand at the same positions in both, the two are compared by reading both logs side by
/// side, and a reader of the change log notices nothing when they change places.
///
/// One thread at a time, which may be another than the projector's; the live one goes on meanwhile.
/// Every member throws Unavailable (StorageFull).
class Twin {
 public:
  virtual ~Twin() = default;

  [[nodiscard]] virtual Stand stand() const = 0;
  /// The live one's, at one moment.
  virtual Stand live_stand() = 0;

  /// Applies all of `batch` or nothing, as ReadModel::apply() would, each row at the place that the
  /// live log gives the order now (or none, where it has no row). What the rules call a conflict
  /// changes nothing: its dead letter is the live one's.
  virtual void apply(const TwinBatch& batch) = 0;

  /// The live archive after `after`, at most `limit`.
  virtual std::vector<events::Recorded<events::OrderPlaced>> live_foreign(Position after,
                                                                          std::size_t limit) = 0;
  /// The twin's own copy after `after`, at most `limit`.
  virtual std::vector<events::Recorded<events::ProductPut>> product_versions(Position after,
                                                                             std::size_t limit) = 0;
  /// The twin's own parked orders of `product`, at most `limit`.
  virtual std::vector<IncomingOrder> parked_for(const ProductId& product, std::size_t limit) = 0;

  struct Tail {
    Position to = 0;  ///< the log was followed up to here
    /// Orders that the live one took from pushes before the feed had shown them: to be priced and
    /// applied, with `to` as Stand::log.
    std::vector<IncomingOrder> ahead;
  };
  /// Follows the live log over at most `limit` positions: gives rows the places that the live one
  /// gave them meanwhile, and compares them.
  virtual Tail follow_log(std::size_t limit) = 0;

  /// The first fill is through: builds the indexes, and syncs what was not synced so far.
  virtual void finish() = 0;

  /// Compares at most `limit` further rows of both; true when all were. What differs is kept and
  /// counted.
  virtual bool compare(std::size_t limit) = 0;
  /// How many positions compare() has behind it.
  [[nodiscard]] virtual Position compared() const = 0;
  /// Looks again at all that differed.
  virtual void recheck() = 0;
  virtual std::size_t differences() = 0;
  /// The first `limit` of them.
  virtual std::vector<Difference> first_differences(std::size_t limit) = 0;

  /// Makes this one the one that is opened as live from now on, durably and in one step. The two
  /// stand equal, all has been compared and rechecked, and nothing is applied to the live one
  /// meanwhile or after. Orders that differ get new places at the end of the log, so that its
  /// readers hear of them. What has no other source (dead letters) is taken over from the live one.
  /// Where this throws, it may have happened all the same: remove the twin before the live one goes
  /// on.
  virtual void promote() = 0;
};

/// Where the twin lives.
class TwinHost {
 public:
  virtual ~TwinHost() = default;

  /// Makes an empty one. Throws Unavailable.
  virtual std::unique_ptr<Twin> create() = 0;
  /// Removes it. Throws Unavailable, also where somebody is still reading it, and is to be called
  /// again.
  virtual void remove() = 0;

  struct Kept {
    std::unique_ptr<Twin> twin;
    UtcTime until{};
  };
  /// The one that is kept, at the start; null twin: none is.
  virtual Kept kept() = 0;

  /// After promote(), with the twin closed: the promoted one serves from now on. Throws
  /// Unavailable, and is to be called again. The projector's loop, with nothing being applied.
  virtual void serve_promoted() = 0;
  /// After serve_promoted(): opens the one that was live before as the twin, kept until `until`.
  virtual std::unique_ptr<Twin> keep(UtcTime until) = 0;
};

}  // namespace orderly::orderinfo
