#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "broker/broker.hpp"

namespace orderly::broker {

/// What a held message is to the dead letters.
enum class LetterMark : std::uint8_t {
  kNone = 0,
  kDead = 1,      ///< a dead letter, held only because its key waits behind it
  kRedriven = 2,  ///< a dead letter that is delivered again
};

/// A message of a subscription that waits for its acknowledgement, as it is stored.
struct Unacknowledged {
  Position position = 0;
  std::string ordering_key;
  UtcTime publish_time{};
  std::int64_t rejections = 0;
  SteadyTime retry_at{};  ///< of a rejected one
  std::string error;      ///< of the last rejection
  LetterMark mark = LetterMark::kNone;
};

/// What one subscription has still to deliver, and what may be delivered now. Pure bookkeeping: no
/// I/O, no clock, one thread. Of most messages it has the position, the key and what became of
/// them.
///
/// Positions below next() are acknowledged, but for those it holds. Where it is ordered, a message
/// waits while an earlier one of its key is held; all others flow.
class Ledger {
 public:
  /// Bodies of messages that wait to be handed out; above it they are read again.
  static constexpr std::size_t kMaxHeldBytes = 4UL * 1024 * 1024;

  Ledger(bool ordered, Position next) : ordered_(ordered), next_(next) {}

  /// Takes back what was stored, in ascending order, before anything else.
  void restore(const Unacknowledged& stored);
  /// Takes the message at next(). Its body is kept until it is handed out, as far as all of them
  /// stay within kMaxHeldBytes.
  void append(Position position, MessagePtr message);
  /// Passes over the message at next(), which counts as acknowledged.
  void skip() { ++next_; }

  struct Lease {
    Position position = 0;
    MessagePtr message;  ///< null: to be read again
    std::int64_t attempt = 1;
  };
  /// Hands out at most `max` messages, in order, that may be delivered at `now`; each is then in
  /// flight until one of the three below is said of it. A batch may go on with messages of one key
  /// (`same_key_together`, for an endpoint that gets one batch at a time).
  std::vector<Lease> take(std::size_t max, SteadyTime now, bool same_key_together);

  /// A message in flight, the first of its key.
  void acknowledge(Position position);
  void reject(Position position, SteadyTime retry_at, std::string error);
  /// Nothing became of the delivery: it may be delivered again as if it had not been.
  void release(Position position);
  /// Forgets a message that is not in flight, as if it had been acknowledged.
  void drop(Position position);
  /// A rejected message, the first of its key, becomes a dead letter that its key waits behind.
  void bury(Position position);
  /// A dead letter is delivered again from now on, before all that waits in its key.
  void redrive(Position position, const std::string& ordering_key, UtcTime publish_time,
               std::int64_t rejections);
  /// The same for all below `end`, read or not; answers how many. What is in flight stays, and dead
  /// letters do.
  std::int64_t drop_below(Position end);

  [[nodiscard]] Position next() const { return next_; }
  /// Everything at or below it is acknowledged.
  [[nodiscard]] Position floor() const {
    return held_.empty() ? next_ - 1 : held_.begin()->first - 1;
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  /// The oldest message whose body may still be asked for; of dead letters it is kept elsewhere.
  [[nodiscard]] Position oldest_needed() const;
  [[nodiscard]] LetterMark mark(Position position) const;
  [[nodiscard]] std::size_t dead() const { return dead_; }
  [[nodiscard]] std::vector<Position> dead_positions() const;
  /// Keys that wait behind a dead letter, and their messages.
  [[nodiscard]] std::size_t keys_waiting() const { return keys_waiting_; }
  [[nodiscard]] std::size_t messages_waiting() const { return messages_waiting_; }
  [[nodiscard]] std::size_t ready() const { return ready_.size(); }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// An earlier message of its key is held, so that it cannot be acknowledged yet.
  [[nodiscard]] bool is_behind(Position position) const;
  [[nodiscard]] bool holds(Position position) const { return held_.contains(position); }
  [[nodiscard]] bool is_in_flight(Position position) const;
  /// The next message of its key that is held; 0 where there is none.
  [[nodiscard]] Position follower(Position position) const;
  [[nodiscard]] std::optional<UtcTime> oldest() const;
  [[nodiscard]] std::int64_t rejections(Position position) const;
  /// How it stands, where it is held.
  [[nodiscard]] std::optional<Unacknowledged> find(Position position) const;
  /// When the first of the waiting ones may be delivered.
  [[nodiscard]] std::optional<SteadyTime> next_retry() const;

  /// What must be stored so that a restart forgets no acknowledgement and no rejection: everything
  /// below `next` is acknowledged but for `held`. The newest messages, as far as nothing has become
  /// of them yet, are left out; they will simply be read again.
  struct Progress {
    Position next = 1;
    std::vector<Unacknowledged> held;
  };
  [[nodiscard]] Progress progress() const;
  /// The same as far as it is of messages up to `last`; what follows will be read again.
  [[nodiscard]] Progress progress_up_to(Position last) const;

 private:
  enum class State : std::uint8_t { kBlocked, kReady, kWaiting, kInFlight, kDead };
  struct Held {
    State state = State::kBlocked;
    std::string ordering_key = {};
    UtcTime publish_time{};
    std::int64_t rejections = 0;
    SteadyTime retry_at{};
    std::string error = {};
    LetterMark mark = LetterMark::kNone;
    MessagePtr message = {};       ///< only while it is ready or in flight for the first time
    Position previous_of_key = 0;  ///< 0: it is the first that is held of its key
    Position next_of_key = 0;
  };
  using Entries = std::map<Position, Held>;

  Held& hold(Position position, Held held);
  void keep_body(Held& held, MessagePtr message);
  MessagePtr take_body(Held& held);
  /// Puts a message that is not in flight (any more) where it belongs.
  void settle(Position position, Held& held);
  void land(Held& held);
  void unlink(const Held& held);
  void wake(SteadyTime now);
  /// Readies the next of the key, for the batch that has `held`; its position or 0.
  Position ready_next_of_key(const Held& held, SteadyTime now);

  bool ordered_;
  Position next_;
  std::size_t in_flight_ = 0;
  std::size_t body_bytes_ = 0;
  Entries held_;
  std::set<Position> ready_;
  std::set<std::pair<SteadyTime, Position>> waiting_;
  std::unordered_map<std::string, Position> last_of_key_;

  /// Messages that wait behind the dead letter of a key.
  void key_died(const std::string& key, std::size_t waiting);
  void key_lives(const std::string& key);
  void waits_more(const std::string& key, std::ptrdiff_t messages);
  std::unordered_map<std::string, std::size_t> dead_keys_;
  std::size_t dead_ = 0;
  std::size_t keys_waiting_ = 0;
  std::size_t messages_waiting_ = 0;
};

}  // namespace orderly::broker
