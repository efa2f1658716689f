#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orderinfo/sqlite/live_log.hpp"
#include "orderinfo/sqlite/tables.hpp"
#include "orderinfo/sqlite/twin_comparison.hpp"
#include "orderinfo/twin.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/metadata.hpp"

namespace orderly::orderinfo {

/// Rows that the live one does not have wait for a place behind all that it may ever give.
inline constexpr Position kNoPlaceYet = Position{1} << 60;

/// Keys of Metadata that tell the two files apart (see read_model_files.hpp).
inline constexpr std::string_view kGenerationKey = "generation";
inline constexpr std::string_view kKeptUntilKey = "kept_until";
/// How far the twin has followed the live log.
inline constexpr std::string_view kTwinLogKey = "twin_log";

/// The twin in a SQLite file of its own, with a reading connection to the live one's.
class SqliteTwin final : public Twin {
 public:
  enum class As : std::uint8_t {
    kNew,   ///< the file is made; nothing of it is synced before finish()
    kKept,  ///< it was live until now
  };
  /// Throws DatabaseError.
  SqliteTwin(const sqlite::OpenOptions& file, const sqlite::OpenOptions& live, As as);

  [[nodiscard]] Stand stand() const override { return stand_; }
  Stand live_stand() override;
  void apply(const TwinBatch& batch) override;
  std::vector<events::Recorded<events::OrderPlaced>> live_foreign(Position after,
                                                                  std::size_t limit) override;
  std::vector<events::Recorded<events::ProductPut>> product_versions(Position after,
                                                                     std::size_t limit) override {
    return product_versions_.read(after, limit);
  }
  std::vector<IncomingOrder> parked_for(const ProductId& product, std::size_t limit) override {
    return parked_of_product_.read(product, limit);
  }
  Tail follow_log(std::size_t limit) override;
  void finish() override;
  bool compare(std::size_t limit) override { return comparison_.compare(limit, stand_); }
  [[nodiscard]] Position compared() const override { return comparison_.compared(); }
  void recheck() override { comparison_.recheck(stand_); }
  std::size_t differences() override { return comparison_.count(); }
  std::vector<Difference> first_differences(std::size_t limit) override {
    return comparison_.first(limit);
  }
  void promote() override;

  // For the host.
  /// Also from where on it follows the live log, which its own rows do not tell any more then.
  void keep_until(UtcTime until);
  /// Takes over what differed from the live one, where it was the twin until now.
  void take_over_differences();

 private:
  struct Known {
    Position position = 0;  ///< of the row; 0: parked
    events::Recorded<events::OrderPlaced> event;
  };

  void load_stand();
  void set_stand(const Stand& to);
  void copy_archive(Position upto);
  void put_row(const PricedOrder& priced, LiveLog::Reading& log);
  /// Where a row stands in its customer's list, as far as the index of the lists reaches (see
  /// newest_rows.hpp: rows beyond it are read into memory when the twin is opened as live).
  void index(const events::Recorded<events::OrderPlaced>& event, Position position);
  void unindex(const Known& row);
  void remove_row(const Known& row);
  void park(const IncomingOrder& order);
  /// The feed has what had come by push alone.
  void adopt(const Known& known, const IncomingOrder& order);
  [[nodiscard]] bool insert_row(const PricedOrder& priced, const LogPlace& place);
  std::optional<Known> find(sqlite::Statement& statement, const OrderId& order);
  void move(const Known& row, const LogPlace& to);
  [[nodiscard]] LogPlace no_place(const PricedOrder& priced);
  /// `log` stands at a row of the live one's. False: the twin does not have the order.
  void follow(const sqlite::Statement::Use& log);
  void attach_live();
  void move_what_differs();
  [[nodiscard]] std::int64_t newest_projection();
  void take_over_what_has_no_events();

  sqlite::Connection live_;
  sqlite::Connection connection_;
  sqlite::Metadata metadata_;
  sqlite::Metadata live_metadata_;
  Stand stand_;
  bool outdated_ = false;  ///< what is kept here may differ from what is committed
  Position last_without_place_ = kNoPlaceYet;
  std::size_t parked_ = 0;    ///< at least so many
  Position merged_upto_ = 0;  ///< the index of the lists has the rows up to here

  TwinComparison comparison_;
  LiveLog log_;
  OrderRows rows_;
  ParkedRows parked_rows_;
  ParkedOfProduct parked_of_product_;
  ProductCopy product_copy_;
  ProductVersions product_versions_;
  ListIndex list_index_;
  sqlite::Statement find_row_, move_row_, find_parked_, adopt_row_, adopt_parked_;
  sqlite::Statement insert_foreign_, set_cursor_;
  sqlite::Statement set_archived_, live_stand_, live_foreign_, live_tail_;
};

}  // namespace orderly::orderinfo
