#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"
#include "orderinfo/alarms.hpp"
#include "orderinfo/freshness.hpp"
#include "orderinfo/price_book.hpp"
#include "orderinfo/projection_writer.hpp"
#include "orderinfo/received_message.hpp"
#include "runtime/async_mutex.hpp"
#include "runtime/batcher.hpp"

namespace orderly::orderinfo {

/// A message may claim to be accepted this much ahead of our clock; beyond it is refused, so that
/// one wrong clock cannot hold up everybody's prices.
inline constexpr std::chrono::seconds kMaxAheadOfClock{5};
/// Dead letters of one redrive().
inline constexpr std::size_t kMaxRedriveBatch = 100;
/// Pushes that wait for the next transaction, and those that share one.
inline constexpr runtime::BatcherLimits kPushLimits{.max_waiting = 8192, .max_batch = 1024};
/// Events of the feed that are settled in one transaction: the more, the less each costs.
inline constexpr std::size_t kMaxSettled = 4'000;

struct ProjectorParts {
  runtime::EventLoop& loop;
  ReadModel& store;
  events::Feed<events::OrderPlaced>& orders;
  events::Feed<events::ProductPut>& products;
  PriceBarrier& barrier;
  telemetry::Metrics& metrics;
  /// Where the order service runs in this process: its head now. Else empty, and the lag is
  /// measured by what the feed tells. Quick, any thread.
  Freshness::HeadNow order_head = nullptr;
  StrangerLimits limits{};
};

/// Joins orders with products: the only writer of the read model.
///
/// Events come in three ways: the feed is read (settle), batches of it are delivered in process
/// (deliver), single messages are pushed (push). All take one serial path, in which prices are made
/// final before they are used and a batch is applied in one transaction; pushes that wait at the
/// same time share one. A push that names a
/// place in the feed which is not settled yet makes us read the feed up to there. While the order
/// service is away it has its effect at once; what it said is compared with the feed as soon as
/// that tells, and taken back where it was not true. So whoever forges or reorders one cannot make
/// us pass over an event. While the product service is away nothing is applied and everything
/// waits.
///
/// All members are called on the projector's loop, unless they say otherwise. All tasks throw
/// Unavailable when they should be tried again, which is always harmless.
class Projector {
 public:
  explicit Projector(const ProjectorParts& parts);

  /// Applies a message; durable when it returns. The effect of an unknown event type is to be
  /// counted, that of one that can never be applied is a dead letter. kStorageFull
  /// ("dead_letters_full", "foreign_orders_full"), with nothing changed, where the message would
  /// exceed one of the limits.
  runtime::Task<Result<void>> push(ReceivedMessage message);

  /// Applies a batch of the order feed that came without us asking, settled when it returns. Where
  /// it does not follow what is settled, the feed is read up to there.
  runtime::Task<void> deliver(std::vector<ReceivedMessage> messages);

  /// Reads the order feed from the settled position on (waiting at most `wait` for something to
  /// come) and applies it: a page, and those behind it as far as a transaction takes them. Answers
  /// how many events the feed had.
  runtime::Task<std::size_t> settle(std::chrono::milliseconds wait);

  /// Copies product versions (waiting as above) and releases all orders that waited for them.
  /// Answers how many versions and orders that were.
  runtime::Task<std::size_t> follow_products(std::chrono::milliseconds wait);

  /// Joins events of the order feed of `epoch` (those at position 0: of the archive of foreign
  /// ones) again and writes their rows in the place of what stands there. One whose product is not
  /// known is parked where it has no row, one that can never be applied is kept as a dead letter.
  /// Answers how many rows were written.
  runtime::Task<std::size_t> project_again(
      std::vector<events::Recorded<events::OrderPlaced>> events, Uuid epoch);

  enum class Run : std::uint8_t {
    kForReal,
    kRehearsal,  ///< everything as for real, and then nothing of it: at no moment visible
  };
  /// Applies these dead letters once more, in ascending number, by the rules and the decoder of
  /// today; the effect of each and its end as a dead letter are one transaction, so that a crash
  /// leaves it either there or done. An outcome for each, in that order. At most
  /// kMaxRedriveBatch of them.
  runtime::Task<std::vector<LetterOutcome>> redrive(std::vector<std::int64_t> numbers, Run run);
  /// Gives dead letters up; answers which of them there were.
  runtime::Task<std::vector<std::int64_t>> drop_letters(std::vector<std::int64_t> numbers);
  [[nodiscard]] const StrangerLimits& limits() const { return limits_; }

  /// Runs `work` while nothing is applied; pushes and deliveries wait. Whatever it has done to the
  /// store, what was read of it before is forgotten then. Throws what it throws.
  runtime::Task<void> hold(std::function<runtime::Task<void>()> work);

  /// Of the read model. Any thread.
  [[nodiscard]] ProjectionNews& news() { return writer_.news(); }
  /// Any thread.
  [[nodiscard]] const Freshness& freshness() const { return freshness_; }
  /// Why the projection stands still until somebody looks at it; empty: it does not. Any thread.
  [[nodiscard]] std::vector<std::string> problems() const { return alarms_.standing(); }

  /// What it has counted since the start of the process. Any thread.
  [[nodiscard]] const ProjectorMetrics& metrics() const { return metrics_; }

  /// Waits until all pushes are answered.
  runtime::Task<void> join() { return pushes_.join(); }

 private:
  enum class PushOutcome : std::uint8_t { kApplied, kFromFuture, kLettersFull, kOrdersFull };
  /// What a transaction is made from.
  struct Inbox {
    std::vector<IncomingOrder> orders;
    std::vector<DeadLetter> letters;
  };
  /// Of a push that names a place of the feed beyond what is settled.
  enum class Beyond : std::uint8_t {
    kUntrue,     ///< the feed has been read, and does not have it: from a stranger
    kMayBeTrue,  ///< the feed cannot be read; it will tell (ReadModel::ahead())
  };
  /// How it stood when the feed was asked.
  struct Asked {
    Cursor settled;
    Position ahead = 0;
    UtcTime at{};
  };
  using Messages = std::vector<ReceivedMessage>;
  using OrderPage = events::FeedPage<events::OrderPlaced>;

  runtime::Task<std::vector<PushOutcome>> apply_pushes(Messages& messages);
  /// Settles the feed up to the places in it that the messages name, as far as it goes. Says what
  /// is to be thought of those that name a place beyond.
  runtime::Task<Beyond> settle_up_to(const Messages& messages);
  runtime::Task<void> apply_untrusted(Messages& messages, Beyond beyond);
  runtime::Task<bool> apply_next(Messages& messages);
  /// kConflict of the feed.
  runtime::Task<Result<OrderPage>> read_orders(Cursor settled, std::chrono::milliseconds wait);
  [[nodiscard]] Asked asks_now() const;
  /// The second half of settle().
  runtime::Task<std::size_t> take(Result<OrderPage> page, Asked asked);
  runtime::Task<void> settle_page(OrderPage page, Asked asked);
  /// A push that was applied ahead of the feed has said what the feed does not.
  [[nodiscard]] bool contradicts_pushes(const OrderPage& page, const Asked& asked) const;
  runtime::Task<void> apply_one_by_one(Messages& messages, Beyond beyond,
                                       std::vector<PushOutcome>& outcomes);
  runtime::Task<Applied> apply(Inbox inbox, std::optional<CursorMove> move,
                               std::optional<StrangerLimits> limits = std::nullopt);
  [[nodiscard]] bool may_exceed_limits(std::size_t messages) const;
  /// What a letter's message says now: an order to be judged, or what it becomes without that.
  [[nodiscard]] std::variant<IncomingOrder, RedrivenLetter> read_again(const KeptDeadLetter& kept);
  RedrivenLetter judge_again(std::int64_t number, IncomingOrder order);
  /// The feed refuses our position: goes back to the last place that both histories have.
  runtime::Task<void> follow_fork();

  void sort_in(ReceivedMessage& message, Origin origin, Inbox& inbox);
  [[nodiscard]] Origin origin_of(const ReceivedMessage& message, Beyond beyond) const;
  [[nodiscard]] bool is_from_future(const ReceivedMessage& message) const;
  [[noreturn]] void conflict(const std::string& reason);

  runtime::EventLoop& loop_;
  ReadModel& store_;
  events::Feed<events::OrderPlaced>& orders_;
  StrangerLimits limits_;
  ProjectorMetrics metrics_;
  Alarms alarms_;
  Freshness freshness_;
  ProjectionWriter writer_;
  PriceBook prices_;
  runtime::AsyncMutex serial_;
  runtime::AsyncMutex settling_;  ///< by who does not wait, so that nobody reads a page twice
  runtime::Batcher<ReceivedMessage, PushOutcome> pushes_;
  std::vector<telemetry::Metrics::Registration> gauges_;
};

}  // namespace orderly::orderinfo
