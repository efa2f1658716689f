#pragma once

#include "orderinfo/read_model.hpp"
#include "orderinfo/sqlite/list_versions.hpp"
#include "orderinfo/sqlite/newest_rows.hpp"
#include "orderinfo/sqlite/recent_changes.hpp"
#include "orderinfo/sqlite/tables.hpp"
#include "runtime/event_loop.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/feed_marks.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::orderinfo {

/// The read model's writing connection. One thread at a time.
class Writer {
 public:
  /// Makes or migrates the database. `random` is for ids only. `newest` outlives the writer, is
  /// empty, and gets what is not in the index of the lists yet; `list_versions` outlives it too,
  /// and hears of every change of what lists say.
  Writer(const sqlite::OpenOptions& options, const Clock& clock, Random& random, NewestRows& newest,
         ListVersions& list_versions);

  // As those of ReadModel.
  Result<Applied> apply(const ProjectionBatch& batch, const std::function<void()>& visible);
  Result<Applied> rehearse(const ProjectionBatch& batch);
  std::vector<std::int64_t> drop_letters(const std::vector<std::int64_t>& numbers);
  /// ReadModel::take_back().
  Result<TakenBack> take_back(const TakeBack& fork);
  /// Begins a new history of the change log that forks at its head. Before anybody reads it.
  void begin_epoch();

  /// What the last apply() has appended to the change log, given once.
  [[nodiscard]] std::vector<RecentChanges::Change> take_changes() { return std::move(changes_); }
  /// Whether it took rows out of the log.
  [[nodiscard]] bool replaced() const { return !superseded_.empty(); }

  /// What is durable. After an exception of apply() it may be outdated until the next apply().
  [[nodiscard]] const Progress& progress() const { return progress_; }
  /// Of the dead letters.
  [[nodiscard]] Position letter_change() const { return last_change_; }
  [[nodiscard]] const Uuid& epoch() const { return epoch_; }

 private:
  /// What a row remembers of what stood there before it.
  struct Past {
    std::optional<std::int64_t> first_projected_at{};  ///< microseconds; likewise:
    std::optional<std::int64_t> parked_at{};
  };
  struct Known {
    Position position = 0;    ///< of the row; 0: parked
    bool of_the_feed = true;  ///< else it came by push and was in no feed so far
    events::Recorded<events::OrderPlaced> event;
    Past past;
  };
  enum class Effect : std::uint8_t {
    kProjected,
    kReplaced,
    kDuplicate,
    kParked,
    kConflict,  ///< nothing was changed: it is to become a dead letter
    kRefused,   ///< nothing was changed: the archive is full
  };

  void load();
  void empty_log();
  void load_newest();
  Applied commit(const ProjectionBatch& batch, sqlite::Durable durable);
  /// Takes the next rows into the index of the lists, in the transaction that is open. How many of
  /// those that are merged now; nothing where none are.
  std::optional<std::size_t> merge_some(Position head, std::size_t limit);
  void forget_superseded();
  [[nodiscard]] Cursor load_cursor(std::string_view feed);
  [[nodiscard]] bool stands_at_from(const ProjectionBatch& batch) const;

  void apply_all(const ProjectionBatch& batch, Applied& applied);
  Effect put_row(const PricedOrder& priced, Applied& applied);
  void correct(const PricedOrder& order, Applied& applied);
  Effect park(const IncomingOrder& order, Applied& applied);
  void keep_conflict(Effect effect, const IncomingOrder& order, Applied& applied);
  void keep(const DeadLetter& letter, Applied& applied);
  [[nodiscard]] bool refuses_letter(const DeadLetter& letter);
  /// Where it is foreign and not known.
  [[nodiscard]] bool refuses_order(const IncomingOrder& order);
  void redrive(const RedrivenLetter& letter, Applied& applied);
  LetterOutcome try_again(const RedrivenLetter& letter, Applied& applied);
  [[nodiscard]] bool is_standing(std::int64_t number);
  void fail_again(std::int64_t number, const DeadLetter& why);
  void resolve_letter(std::int64_t number, int resolved);
  void move(std::string_view feed, Cursor& cursor, const Cursor& to);
  void note_if_ahead(const IncomingOrder& order);
  /// The feed is settled up to there, and has told what stands at those places.
  void forget_ahead(Position upto);
  [[nodiscard]] bool stays_taken_out(const IncomingOrder& order);
  void leave_list(const OrderId& order);
  /// An order that was removed from the log stands there again from now on. Whether it was.
  bool bring_back(const OrderId& order);
  /// The feed has what had come by push alone, so it need not be archived here.
  void adopt(const Known& known, const IncomingOrder& order);

  [[nodiscard]] std::optional<Known> find(sqlite::Statement& statement, const OrderId& order);
  [[nodiscard]] bool insert_row(const PricedOrder& priced, bool replaces, const Past& past);
  void insert_parked(const IncomingOrder& order);
  void unpark(const OrderId& order);
  void supersede(const Known& row);
  void archive_if_foreign(const IncomingOrder& order);
  /// A push of it was quicker than the first look at the feed, and was taken for foreign.
  void unarchive_if_of_feed(const IncomingOrder& order);
  /// Of an order whose id is known; nothing where `known` is to be replaced.
  [[nodiscard]] std::optional<Effect> without_replacing(const Known& known,
                                                        const IncomingOrder& order,
                                                        Applied& applied);

  const Clock& clock_;
  NewestRows& newest_;
  ListVersions& list_versions_;
  UuidSource ids_;
  sqlite::Connection connection_;
  Uuid epoch_;
  Progress progress_;
  UtcTime last_projected_at_{};
  Position last_change_ = 0;                ///< of a dead letter
  std::size_t removed_ = 0;                 ///< orders that are removed from the log
  std::optional<StrangerLimits> limits_{};  ///< of the batch that is applied
  std::vector<NewestRows::Row> inserted_;   ///< by the transaction that is open; of its batch
  std::vector<Known> superseded_;           ///< the same
  std::vector<RecentChanges::Change> changes_;
  bool outdated_ = true;   ///< what is above may differ from what is committed
  bool in_doubt_ = false;  ///< what is committed may not be durable

  OrderRows rows_;
  ParkedRows parked_;
  ProductCopy products_;
  ListIndex list_index_;
  sqlite::Statement find_row_, insert_superseded_, find_parked_;
  sqlite::Statement insert_letter_, find_letter_, insert_error_, forget_errors_, fail_letter_;
  sqlite::Statement resolve_letter_, forget_resolved_, forget_errors_of_;
  sqlite::Statement insert_foreign_, delete_foreign_;
  sqlite::Statement get_cursor_, set_cursor_, count_, set_merged_;
  sqlite::Statement find_removed_, delete_removed_, find_taken_out_, delete_taken_out_;
  sqlite::Statement adopt_row_, adopt_parked_;
  sqlite::Statement insert_ahead_, forget_ahead_, furthest_ahead_;
  sqlite::FeedMarks marks_;
};

}  // namespace orderly::orderinfo
