#pragma once

#include "orderinfo/read_model.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/row_source.hpp"

namespace orderly::app {

/// The rows of `order_information`, straight from a read model of this process: what a FeedSource
/// over its log gives, without an event of its own for each.
class ChangeRows final : public warehouse::RowSource {
 public:
  /// `loop` is the loader's.
  ChangeRows(runtime::EventLoop& loop, const orderinfo::ReadModel& read_model)
      : loop_(loop), read_model_(read_model) {}

  [[nodiscard]] const warehouse::TableSpec& table() const override;
  runtime::Task<Result<Page>> read(Cursor after, std::size_t limit, std::chrono::milliseconds wait,
                                   warehouse::RowBatch& rows) override;
  [[nodiscard]] bool ids_tell_history() const override { return false; }

 private:
  [[nodiscard]] Result<Page> read_now(const Cursor& after, std::size_t limit,
                                      warehouse::RowBatch& rows) const;

  runtime::EventLoop& loop_;
  const orderinfo::ReadModel& read_model_;
};

}  // namespace orderly::app
