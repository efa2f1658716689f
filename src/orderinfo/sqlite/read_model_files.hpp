#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "orderinfo/sqlite/sqlite_read_model.hpp"
#include "orderinfo/switched_read_model.hpp"
#include "orderinfo/twin.hpp"

namespace orderly::orderinfo {

/// The two files that a read model can live in: orderinfo.db and, after a rebuild, orderinfo-2.db.
///
/// Which one is live is one durable fact: the file that says the higher generation of itself. A
/// promotion writes it in the transaction that makes the promoted file complete, so there is no
/// moment at which neither or both are live. The other file is kept where it says until when; else
/// it is a rebuild that was interrupted, and is removed.
class ReadModelFiles final : public TwinHost {
 public:
  struct Paths {
    std::string first;
    std::string second;
  };
  /// Opens the live one. `options` are of both, but for the path. Throws DatabaseError,
  /// IncompatibleDatabase.
  ReadModelFiles(runtime::EventLoop& loop, Paths paths, const SqliteReadModelOptions& options,
                 Random& random);

  SwitchedReadModel& model() { return *model_; }
  /// The live one's file, which stays where it is for as long as somebody has `model`.
  struct Live {
    std::string path;
    std::shared_ptr<ReadModel> model;
  };
  /// Any thread.
  [[nodiscard]] Live live() const;

  std::unique_ptr<Twin> create() override;
  void remove() override;
  Kept kept() override;
  void serve_promoted() override;
  std::unique_ptr<Twin> keep(UtcTime until) override;

 private:
  [[nodiscard]] sqlite::OpenOptions file(bool second) const;
  [[nodiscard]] sqlite::OpenOptions live_file() const { return file(second_is_live_); }
  [[nodiscard]] sqlite::OpenOptions other_file() const { return file(!second_is_live_); }
  [[nodiscard]] std::shared_ptr<ReadModel> open(bool second);
  void choose();
  /// A twin follows, and its newest steps may be lost: they are taken again.
  [[nodiscard]] sqlite::OpenOptions twin_file() const;

  runtime::EventLoop& loop_;
  Paths paths_;
  SqliteReadModelOptions options_;
  Random& random_;
  mutable std::mutex mutex_;  ///< while it changes which file is live, and what serves with it
  std::atomic<bool> second_is_live_ = false;
  std::optional<UtcTime> kept_until_;
  std::unique_ptr<SwitchedReadModel> model_;
  std::weak_ptr<ReadModel> retired_;  ///< was live; there for as long as somebody reads it
};

}  // namespace orderly::orderinfo
