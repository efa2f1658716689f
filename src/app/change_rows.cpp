#include "app/change_rows.hpp"

#include <algorithm>

#include "warehouse/tables.hpp"

namespace orderly::app {

const warehouse::TableSpec& ChangeRows::table() const { return warehouse::order_information(); }

Result<ChangeRows::Page> ChangeRows::read_now(const Cursor& after, std::size_t limit,
                                              warehouse::RowBatch& rows) const {
  const auto append = [&rows](const orderinfo::ChangeView& change) {
    auto& row = change.removed ? rows.begin_removal() : rows.begin_row(change.replaces);
    row.text(change.customer_id)
        .text(change.order_id)
        .text(change.product_id)
        .text(change.product_name)
        .integer(change.number)
        .integer(change.unit_price)
        .integer(change.number * change.unit_price)
        .date(change.order_date);
  };
  const auto span = read_model_.visit_changes(after, std::min(limit, events::kMaxFeedPage), append);
  if (!span) return std::unexpected(span.error());
  Page page{.events = span->events,
            .to = {span->epoch, after.position, after.event_id},
            .head = span->head};
  if (span->events > 0) page.to = span->to;
  page.first_accepted = span->first_accepted;
  page.last_accepted = span->last_accepted;
  return page;
}

runtime::Task<Result<ChangeRows::Page>> ChangeRows::read(Cursor after, std::size_t limit,
                                                         std::chrono::milliseconds wait,
                                                         warehouse::RowBatch& rows) {
  const SteadyTime deadline = loop_.steady_now() + wait;
  for (;;) {
    const auto ticket = read_model_.appended().ticket();
    auto page = read_now(after, limit, rows);
    if (!page || page->events > 0 || wait.count() <= 0) co_return page;
    if (!co_await read_model_.appended().wait(loop_, ticket, deadline)) co_return page;
  }
}

}  // namespace orderly::app
