#pragma once

#include "orderinfo/read_model.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/signal.hpp"
#include "warehouse/row_source.hpp"

namespace orderly::app {

/// The read model's dead letters as rows of the warehouse: they are numbered in the order in which
/// they were kept, so their numbers are positions. Used on `loop`.
class DeadLetterSource final : public warehouse::RowSource {
 public:
  /// `changed` is notified when the read model may have more. All outlive this.
  DeadLetterSource(runtime::EventLoop& loop, orderinfo::ReadModel& read_model,
                   runtime::Signal& changed)
      : loop_(loop), read_model_(read_model), changed_(changed) {}

  [[nodiscard]] const warehouse::TableSpec& table() const override;
  /// kConflict where the reader's epoch is not that of the read model.
  runtime::Task<Result<Page>> read(Cursor after, std::size_t limit, std::chrono::milliseconds wait,
                                   warehouse::RowBatch& rows) override;

 private:
  Page read_now(const Cursor& after, std::size_t limit, warehouse::RowBatch& rows) const;

  runtime::EventLoop& loop_;
  orderinfo::ReadModel& read_model_;
  runtime::Signal& changed_;
};

}  // namespace orderly::app
