#include "app/dead_letter_source.hpp"

#include <algorithm>

#include "events/feed_cursor.hpp"
#include "warehouse/tables.hpp"

namespace orderly::app {
namespace {

/// A letter has its whole message, so a page of them is smaller than one of events.
constexpr std::size_t kMaxLetters = 100;

}  // namespace

const warehouse::TableSpec& DeadLetterSource::table() const { return warehouse::dead_letters(); }

DeadLetterSource::Page DeadLetterSource::read_now(const Cursor& after, std::size_t limit,
                                                  warehouse::RowBatch& rows) const {
  Page page{.to = after, .head = after.position};
  for (const auto& kept : read_model_.dead_letters(after.position, std::min(limit, kMaxLetters))) {
    rows.begin_row().integer(kept.number).timestamp(kept.kept_at);
    if (kept.letter.order_id.empty()) {
      rows.null();
    } else {
      rows.text(kept.letter.order_id);
    }
    rows.text(kept.letter.code).text(kept.letter.reason).text(kept.letter.message);
    if (page.events++ == 0) page.first_accepted = kept.kept_at;
    page.last_accepted = kept.kept_at;
    page.to = {.epoch = read_model_.epoch(), .position = kept.number};
    page.head = kept.number;
  }
  return page;
}

runtime::Task<Result<warehouse::RowSource::Page>> DeadLetterSource::read(
    Cursor after, std::size_t limit, std::chrono::milliseconds wait, warehouse::RowBatch& rows) {
  if (!after.epoch.is_nil() && after.epoch != read_model_.epoch()) {
    co_return failure(ErrorKind::kConflict, std::string(events::kPositionConflict),
                      "These dead letters are of another read model.");
  }
  const SteadyTime deadline = loop_.steady_now() + wait;
  for (;;) {
    const auto ticket = changed_.ticket();
    Page page = read_now(after, limit, rows);
    if (page.events > 0 || wait.count() <= 0) co_return page;
    if (!co_await changed_.wait(loop_, ticket, deadline)) co_return page;
  }
}

}  // namespace orderly::app
