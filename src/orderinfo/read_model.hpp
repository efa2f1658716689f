#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/dates.hpp"
#include "events/dead_letters.hpp"
#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"
#include "orderinfo/dead_letters.hpp"
#include "orderinfo/incoming_order.hpp"

namespace orderly::orderinfo {

/// How far a feed was settled before and is after: moved only where it still stands at `from`.
struct CursorMove {
  Cursor from;
  Cursor to;
};

/// All that one step of the projector changes, in one transaction.
struct ProjectionBatch {
  std::vector<events::Recorded<events::ProductPut>> products;  ///< to copy, in position order
  std::vector<PricedOrder> rows;  ///< to become visible; also parked ones that are released
  /// To stand in the place of whatever stands under their id, also where nothing differs: what a
  /// repair writes. They reach the warehouse again.
  std::vector<PricedOrder> corrections = {};
  std::vector<IncomingOrder> parked;  ///< to wait for their product
  std::vector<DeadLetter> dead_letters;
  std::optional<CursorMove> order_cursor;
  std::optional<CursorMove> product_cursor;
  /// Dead letters that are applied once more, in ascending number.
  std::vector<RedrivenLetter> redriven = {};
  /// Set where strangers sent it: what would exceed a bound is refused (see Applied::refused).
  std::optional<StrangerLimits> limits = {};

  [[nodiscard]] bool empty() const {
    return products.empty() && rows.empty() && corrections.empty() && parked.empty() &&
           dead_letters.empty() && redriven.empty() && !order_cursor && !product_cursor;
  }
};

/// What became of a batch's orders and dead letters.
struct Applied {
  std::size_t projected = 0;   ///< new rows, replaced ones among them
  std::size_t replaced = 0;    ///< rows that took the place of an earlier one
  std::size_t released = 0;    ///< of the new rows, those that were parked before
  std::size_t duplicates = 0;  ///< known already with the same content: nothing was changed
  std::size_t parked = 0;
  std::size_t dead_lettered = 0;
  std::size_t refused_letters = 0;           ///< not kept, since there are as many as may be
  std::size_t refused_orders = 0;            ///< not archived and so not applied, likewise
  std::vector<LetterOutcome> redriven = {};  ///< one for each of the batch, in its order

  bool operator==(const Applied&) const = default;
};

/// The feeds that the read model settles.
enum class SourceFeed : std::uint8_t { kOrders, kProducts };

/// A feed forked: what came from it after `to` is not in its history any more.
struct TakeBack {
  SourceFeed feed = SourceFeed::kOrders;
  Cursor from;  ///< settled now
  Cursor to;    ///< the last event that both histories have; the cursor goes on from here
};
struct TakenBack {
  std::size_t orders = 0;    ///< rows and parked orders taken out
  std::size_t versions = 0;  ///< product versions taken out
  std::size_t repriced = 0;  ///< rows that wait for a price again

  bool operator==(const TakenBack&) const = default;
};

/// An order that was accepted in a history that is gone.
struct TakenOutOrder {
  std::int64_t number = 0;  ///< ascending in the order they were taken out
  UtcTime taken_out_at{};
  Uuid epoch;  ///< of the order feed that had it; its old position stands in the event
  events::Recorded<events::OrderPlaced> event;
  std::optional<Price> price;  ///< nothing: it was parked
};
struct TakenOutVersion {
  std::int64_t number = 0;
  UtcTime taken_out_at{};
  Uuid epoch;
  events::Recorded<events::ProductPut> event;
};

/// Where the read model stands.
struct Progress {
  Cursor orders;      ///< settled: every event up to here is a row, parked or dead-lettered
  Cursor ahead;       ///< the furthest of ReadModel::ahead(); position 0: there is none
  Cursor products;    ///< copied
  Position head = 0;  ///< of the change log
  std::size_t parked = 0;
  std::size_t dead_letters = 0;    ///< kept and not resolved
  std::size_t foreign_orders = 0;  ///< in the archive
  std::size_t taken_out = 0;       ///< orders and product versions in the lists

  bool operator==(const Progress&) const = default;
};

/// What the read model knows of an order.
enum class Standing : std::uint8_t { kUnknown, kVisible, kParked, kDead };

/// Where a list goes on: after the row with these.
struct ListKey {
  Date order_date;
  UtcTime accepted_at;
  Position position = 0;

  bool operator==(const ListKey&) const = default;
};

struct OrderPage {
  std::vector<events::OrderInfo> orders;
  std::optional<ListKey> next;  ///< there is more after this one

  bool operator==(const OrderPage&) const = default;
};

/// An order that waits for its product.
struct ParkedOrder {
  UtcTime parked_at{};
  IncomingOrder order;
};

/// Where an order is, or has been, in the read model; what is not known is empty.
struct OrderStations {
  /// Of its row, or of where it is parked. Its position is that in the order feed, 0 where it came
  /// from elsewhere.
  std::optional<events::Recorded<events::OrderPlaced>> order{};
  Position change = 0;  ///< of its row in the change log; 0: it has none
  std::optional<UtcTime> projected_at{};
  std::optional<UtcTime> first_projected_at{};  ///< of the first row, where it was replaced
  std::optional<UtcTime> parked_at{};           ///< also of one that was released since
  bool parked = false;
  bool foreign = false;
  /// Under its id, in the order they were kept, resolved ones too; without their messages.
  std::vector<KeptDeadLetter> dead_letters{};
};

/// A change of the log as it lies in the store. The texts live as long as the call that shows it.
struct ChangeView {
  Uuid event_id;
  UtcTime projected_at{};
  std::string_view order_id, customer_id, product_id, product_name;
  std::int64_t number = 0;
  std::int64_t unit_price = 0;
  Date order_date;
  bool replaces = false;
  bool removed = false;
};
using ChangeVisitor = std::function<void(const ChangeView&)>;

/// Where the joined orders are kept, with everything that makes the projection restartable: the
/// copy of the product versions, the parked orders, the dead letters, the archive of foreign
/// events, and how far both feeds are settled.
///
/// It is also the change log that the warehouse follows: each row stands at a position, ascending
/// in commit order. A row that replaces another one of the same order gets a new position and the
/// old position disappears from the log (readers see a gap there, and none is told of a conflict
/// for standing at it). A row that is taken out leaves a removal at a new position, until its order
/// comes back. The log's `accepted_at` is the time of projection.
///
/// apply(), rehearse() and drop_letters() belong to the projector alone: one caller at a time, on
/// the store's own loop. Everything else may be called from any thread, sees what is committed, and
/// does not wait for them. What others build on is durable, too: the changes of the logs, and
/// progress(); the head that a log tells of may be ahead of its changes for a moment. All throw
/// Unavailable (StorageFull) where the store cannot serve.
class ReadModel : public events::EventLog<events::OrderInfoPut> {
 public:
  /// Applies all of `batch` or nothing, in the order: products, rows, corrections, parked,
  /// dead letters, cursors. When it returns it is durable and visible, and appended() has been
  /// notified if rows came. `visible` is called within, once everybody sees the rows, which may be
  /// before they are durable (ADR 0037), or never. kConflict "cursor_moved", with nothing changed,
  /// where a cursor does not stand at `from`.
  ///
  /// Rows and parked orders are first compared with what is known under their order_id, by
  /// resolve() of projection.hpp: a duplicate changes nothing, another content becomes a dead
  /// letter. An order that becomes a row is no longer parked. A foreign order that was new is
  /// archived, until the feed brings it all the same. A dead letter whose key is known changes
  /// nothing. So a repetition is harmless, also after an exception, which leaves open whether the
  /// batch was applied.
  ///
  /// A redriven letter that has its effect is a dead letter no more; one that fails again stays
  /// under its number with another attempt; one that was resolved meanwhile changes nothing.
  virtual runtime::Task<Result<Applied>> apply(const ProjectionBatch& batch,
                                               std::function<void()> visible) = 0;
  runtime::Task<Result<Applied>> apply(const ProjectionBatch& batch) { return apply(batch, {}); }
  /// What apply() would answer, and nothing is changed: at no moment does anyone see it.
  virtual runtime::Task<Result<Applied>> rehearse(const ProjectionBatch& batch) = 0;
  /// Gives these up. Answers which of them there were.
  virtual runtime::Task<std::vector<std::int64_t>> drop_letters(
      std::vector<std::int64_t> numbers) = 0;

  /// Takes out, in one transaction, what came from a feed after `to`, and moves the cursor there.
  ///
  /// Of the order feed: rows and parked orders go into a list (taken_out_orders()), and each row
  /// leaves the change log with a removal. An order that comes by the feed again leaves the list;
  /// one that comes by a push stays there and counts as a duplicate. Of the product feed: versions
  /// go into a list of their own; the rows that may have been priced by one of them are removed and
  /// parked, to be released with the price that is in force now.
  ///
  /// kConflict "cursor_moved", with nothing changed, where the cursor does not stand at `from`. As
  /// apply() in everything else.
  virtual runtime::Task<Result<TakenBack>> take_back(const TakeBack& fork) = 0;
  /// Begins a new epoch of the change log, which forks at its head: a reader has read more than is
  /// there. Before anything is applied.
  virtual void begin_epoch() = 0;
  /// Places of a feed that were settled, with their events' ids: ascending, the newest last and
  /// dense, older ones ever sparser.
  virtual std::vector<Cursor> places(SourceFeed feed) const = 0;
  /// Places of the order feed up to `upto` that pushes have named (Origin::kPush) and that were
  /// applied before the feed was settled up to them, with the event that was said to stand there;
  /// ascending, without an epoch. They are forgotten as the feed is settled past them.
  virtual std::vector<Cursor> ahead(Position upto) const = 0;
  /// After the number `after`, in ascending order, at most `limit`.
  virtual std::vector<TakenOutOrder> taken_out_orders(std::int64_t after,
                                                      std::size_t limit) const = 0;
  virtual std::vector<TakenOutVersion> taken_out_versions(std::int64_t after,
                                                          std::size_t limit) const = 0;

  /// The log as read_events() gives it, shown one by one instead of copied: for who reads all of
  /// it, as the warehouse does.
  virtual Result<events::FeedSpan> visit_changes(const Cursor& after, std::size_t limit,
                                                 const ChangeVisitor& visit) const = 0;
  /// The row, where it is this customer's.
  virtual std::optional<events::OrderInfo> find(const CustomerId& customer,
                                                const OrderId& order) const = 0;
  /// The row, whoever's it is.
  virtual std::optional<events::OrderInfo> row(const OrderId& order) const = 0;
  /// A customer's rows of these dates by order_date, accepted_at, position; at most `limit` (> 0).
  virtual OrderPage list(const CustomerId& customer, DateRange dates,
                         const std::optional<ListKey>& after, std::size_t limit) const = 0;
  /// What list() answers between two calls that give the same number of a customer is the same.
  /// Nothing while it changes. From memory.
  [[nodiscard]] virtual std::optional<std::uint64_t> list_version(
      const CustomerId& customer) const = 0;
  /// The changes of one customer's orders after `after` up to `upto`, in position order, at most
  /// `limit` (> 0).
  virtual std::vector<events::Recorded<events::OrderInfoPut>> changes_of(
      const CustomerId& customer, Position after, Position upto, std::size_t limit) const = 0;
  virtual Standing standing(const OrderId& order) const = 0;
  /// From memory: cheap enough to be asked at every request.
  virtual Progress progress() const = 0;
  /// As far as it can be seen, which may not be durable yet. From memory.
  [[nodiscard]] virtual Progress visible() const = 0;
  [[nodiscard]] bool tells_of(Position position) const final { return progress().head >= position; }
  /// The epoch of the change log.
  virtual Uuid epoch() const = 0;

  /// The copied product versions after `position` in position order, at most `limit`.
  virtual std::vector<events::Recorded<events::ProductPut>> product_versions(
      Position after, std::size_t limit) const = 0;
  /// Parked orders of `product`, at most `limit`.
  virtual std::vector<IncomingOrder> parked_for(const ProductId& product,
                                                std::size_t limit) const = 0;
  /// Parked orders after the one with the id `after` (empty: from the first on), at most `limit`;
  /// in an order of their ids that is always the same, for UUIDs of version 7 that of time.
  virtual std::vector<ParkedOrder> parked_orders(const OrderId& after, std::size_t limit) const = 0;
  /// Products that are in the copy while orders still wait for them, at most `limit`: work that a
  /// crash left undone.
  virtual std::vector<ProductId> releasable_products(std::size_t limit) const = 0;
  /// Without their messages.
  virtual std::vector<KeptDeadLetter> dead_letters(const LetterQuery& query) const = 0;
  virtual std::optional<DeadLetterDetail> dead_letter(std::int64_t number) const = 0;
  /// Every letter that was kept, has failed again or was resolved, by the newest of its changes.
  /// What is resolved stays for kResolvedKept.
  [[nodiscard]] virtual const events::EventLog<events::DeadLetterPut>& letter_log() const = 0;
  [[nodiscard]] virtual OrderStations stations(const OrderId& order) const = 0;
  /// The archive of events that are in no feed; their position is their number in it.
  virtual std::vector<events::Recorded<events::OrderPlaced>> foreign_events(
      Position after, std::size_t limit) const = 0;
  virtual bool is_foreign(const OrderId& order) const = 0;
};

}  // namespace orderly::orderinfo
