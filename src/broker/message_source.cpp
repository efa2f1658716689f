#include "broker/message_source.hpp"

#include "base/text.hpp"

namespace orderly::broker {

runtime::Task<Result<events::FeedSpan>> MessageSource::read_span(Cursor after,
                                                                 std::chrono::milliseconds wait) {
  const auto page = co_await read(after, events::kMaxFeedPage, wait);
  if (!page) co_return std::unexpected(page.error());
  const auto& messages = page->messages;
  events::FeedSpan span{
      .epoch = page->epoch, .head = page->head, .to = {}, .events = messages.size()};
  if (messages.empty()) co_return span;
  span.first_accepted = messages.front().publish_time;
  span.last_accepted = messages.back().publish_time;
  const auto* event_id = messages.back().attributes.find(events::kEventIdAttribute);
  span.to = {page->epoch, after.position + static_cast<Position>(messages.size()),
             event_id == nullptr ? Uuid{} : Uuid::parse(*event_id).value_or(Uuid{})};
  co_return span;
}

}  // namespace orderly::broker
