#include "orderinfo/projector.hpp"

#include <algorithm>
#include <limits>

#include "events/fork.hpp"
#include "orderinfo/projection.hpp"

namespace orderly::orderinfo {
namespace {

using events::OrderPlaced;
using events::Recorded;
using OrderEvent = Recorded<OrderPlaced>;

/// The messages of the feed that come after `settled`, in order, each position once.
std::vector<const ReceivedMessage*> unsettled(const std::vector<ReceivedMessage>& messages,
                                              const Cursor& settled) {
  std::vector<const ReceivedMessage*> found;
  for (const ReceivedMessage& message : messages) {
    const bool is_new = message.place && message.place->epoch == settled.epoch &&
                        message.place->position > settled.position;
    if (is_new) found.push_back(&message);
  }
  const auto position = [](const ReceivedMessage* message) { return message->place->position; };
  std::ranges::sort(found, {}, position);
  const auto repeated = std::ranges::unique(found, {}, position);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

bool is_contiguous(const std::vector<const ReceivedMessage*>& messages, Position after) {
  // The positions ascend, so the last one tells.
  return messages.empty() ||
         messages.back()->place->position == after + static_cast<Position>(messages.size());
}

/// Another event than the settled one claims its place: the feed will tell where it forked.
bool contradicts(const std::vector<ReceivedMessage>& messages, const Cursor& settled) {
  return std::ranges::any_of(messages, [&](const ReceivedMessage& message) {
    return message.place && message.place->epoch == settled.epoch &&
           message.place->position == settled.position && !message.event_id.is_nil() &&
           !settled.event_id.is_nil() && message.event_id != settled.event_id;
  });
}

double lag_seconds(const Freshness& freshness, const ReadModel& store, UtcTime now) {
  const auto lag = freshness.lag(store.progress().orders.position, now);
  if (!lag) return std::numeric_limits<double>::quiet_NaN();
  return std::chrono::duration<double>(*lag).count();
}

double lag_positions(const Freshness& freshness, const ReadModel& store) {
  const auto head = freshness.head();
  if (!head) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(std::max<Position>(*head - store.progress().orders.position, 0));
}

}  // namespace

Projector::Projector(const ProjectorParts& parts)
    : loop_(parts.loop),
      store_(parts.store),
      orders_(parts.orders),
      limits_(parts.limits),
      metrics_(parts.metrics),
      alarms_(parts.metrics),
      freshness_(parts.order_head),
      writer_(store_, metrics_),
      prices_(writer_, parts.products, parts.barrier, alarms_),
      pushes_(loop_, "push endpoint", kPushLimits,
              [this](Messages& messages) { return apply_pushes(messages); }) {
  auto& metrics = parts.metrics;
  const auto gauge = [&](const char* name, const char* help, std::function<double()> value) {
    gauges_.push_back(metrics.gauge_callback(name, help, {}, std::move(value)));
  };
  gauge("orderly_read_model_parked_orders", "Orders that wait for their product",
        [this] { return static_cast<double>(store_.visible().parked); });
  gauge("orderly_read_model_dead_letters", "Dead letters that wait for an operator",
        [this] { return static_cast<double>(store_.visible().dead_letters); });
  gauge("orderly_read_model_dead_letters_limit",
        "Dead letters above which pushes that would be one are refused",
        [this] { return static_cast<double>(limits_.max_dead_letters); });
  gauge("orderly_read_model_foreign_orders", "Archived orders that are in no feed",
        [this] { return static_cast<double>(store_.visible().foreign_orders); });
  gauge("orderly_read_model_foreign_orders_limit",
        "Archived orders above which pushes of new ones are refused",
        [this] { return static_cast<double>(limits_.max_foreign_orders); });
  gauge("orderly_read_model_taken_out",
        "Orders and product versions taken out after a fork that did not come back",
        [this] { return static_cast<double>(store_.visible().taken_out); });
  gauge("orderly_read_model_position", "Head of the read model's change log",
        [this] { return static_cast<double>(store_.progress().head); });
  gauge("orderly_read_model_settled_position", "Order feed settled up to here",
        [this] { return static_cast<double>(store_.progress().orders.position); });
  gauge("orderly_projector_lag_positions", "Events of the order feed not settled yet",
        [this] { return lag_positions(freshness_, store_); });
  gauge("orderly_projector_lag_seconds", "How old the read model may be",
        [this] { return lag_seconds(freshness_, store_, loop_.utc_now()); });
}

void Projector::conflict(const std::string& reason) {
  alarms_.raise(Alarm::kOrderFeedConflict, reason);
  throw Unavailable(reason);
}

runtime::Task<Result<void>> Projector::push(ReceivedMessage message) {
  const PushOutcome outcome = co_await pushes_.submit(std::move(message));
  switch (outcome) {
    case PushOutcome::kApplied:
      break;
    case PushOutcome::kFromFuture:
      throw Unavailable("the message's time lies too far ahead of this machine's clock");
    case PushOutcome::kLettersFull:
      co_return failure(ErrorKind::kStorageFull, "dead_letters_full",
                        "There are as many dead letters as may be kept.");
    case PushOutcome::kOrdersFull:
      co_return failure(ErrorKind::kStorageFull, "foreign_orders_full",
                        "There are as many orders of others as may be archived.");
  }
  co_return Result<void>{};
}

bool Projector::is_from_future(const ReceivedMessage& message) const {
  const auto* order = std::get_if<Recorded<OrderPlaced>>(&message.content);
  return order != nullptr && order->accepted_at > loop_.utc_now() + kMaxAheadOfClock;
}

runtime::Task<std::vector<Projector::PushOutcome>> Projector::apply_pushes(Messages& messages) {
  std::vector<PushOutcome> outcomes;
  Messages accepted;
  for (ReceivedMessage& message : messages) {
    const bool from_future = is_from_future(message);
    outcomes.push_back(from_future ? PushOutcome::kFromFuture : PushOutcome::kApplied);
    if (!from_future) accepted.push_back(std::move(message));
  }
  metrics_.from_future.add(outcomes.size() - accepted.size());
  const Beyond beyond = co_await settle_up_to(accepted);
  const auto guard = co_await serial_.lock();
  if (may_exceed_limits(accepted.size())) {
    co_await apply_one_by_one(accepted, beyond, outcomes);
  } else {
    co_await apply_untrusted(accepted, beyond);
  }
  co_return outcomes;
}

bool Projector::may_exceed_limits(std::size_t messages) const {
  const Progress progress = store_.progress();
  return progress.dead_letters + messages > limits_.max_dead_letters ||
         progress.foreign_orders + messages > limits_.max_foreign_orders;
}

runtime::Task<Projector::Beyond> Projector::settle_up_to(const Messages& messages) {
  const auto is_ahead = [this](const ReceivedMessage& message) {
    const Cursor settled = store_.progress().orders;
    return message.place && !settled.epoch.is_nil() && message.place->epoch == settled.epoch &&
           message.place->position > settled.position;
  };
  while (std::ranges::any_of(messages, is_ahead)) {
    const auto alone = co_await settling_.lock();
    const Asked asked = asks_now();
    std::optional<Result<OrderPage>> page;
    try {
      page = co_await read_orders(asked.settled, std::chrono::milliseconds(0));
    } catch (const Unavailable&) {
      co_return Beyond::kMayBeTrue;  // nobody can tell
    }
    if (co_await take(std::move(*page), asked) == 0) break;
  }
  co_return Beyond::kUntrue;
}

/// At the limits each message has its own transaction, and with it its own answer.
runtime::Task<void> Projector::apply_one_by_one(Messages& messages, Beyond beyond,
                                                std::vector<PushOutcome>& outcomes) {
  auto message = messages.begin();
  for (PushOutcome& outcome : outcomes) {
    if (outcome != PushOutcome::kApplied) continue;
    Inbox inbox;
    sort_in(*message, origin_of(*message, beyond), inbox);
    ++message;
    const Applied applied = co_await apply(std::move(inbox), std::nullopt, limits_);
    metrics_.refused_letters.add(applied.refused_letters);
    metrics_.refused_orders.add(applied.refused_orders);
    if (applied.refused_letters > 0) outcome = PushOutcome::kLettersFull;
    if (applied.refused_orders > 0) outcome = PushOutcome::kOrdersFull;
  }
}

runtime::Task<void> Projector::apply_untrusted(Messages& messages, Beyond beyond) {
  Inbox inbox;
  for (ReceivedMessage& message : messages)
    sort_in(message, origin_of(message, beyond), inbox);
  co_await apply(std::move(inbox), std::nullopt);
}

Origin Projector::origin_of(const ReceivedMessage& message, Beyond beyond) const {
  const Cursor settled = store_.progress().orders;
  const bool in_feed =
      message.place && !settled.epoch.is_nil() && message.place->epoch == settled.epoch &&
      (message.place->position <= settled.position || beyond == Beyond::kMayBeTrue);
  return in_feed ? Origin::kPush : Origin::kForeign;
}

void Projector::sort_in(ReceivedMessage& message, Origin origin, Inbox& inbox) {
  if (auto* letter = std::get_if<DeadLetter>(&message.content)) {
    inbox.letters.push_back(std::move(*letter));
  } else if (auto* event = std::get_if<Recorded<OrderPlaced>>(&message.content)) {
    IncomingOrder order{.origin = origin, .epoch = {}, .event = std::move(*event)};
    order.event.position = 0;
    if (origin != Origin::kForeign) {
      order.epoch = message.place->epoch;
      order.event.position = message.place->position;
    } else if (order.event.accepted_at == UtcTime{}) {
      order.event.accepted_at = loop_.utc_now();  // nobody has told; archived as we take it
    }
    inbox.orders.push_back(std::move(order));
  } else {
    metrics_.unknown_types.add();
  }
}

runtime::Task<void> Projector::deliver(Messages messages) {
  while (!co_await apply_next(messages)) {
    if (co_await settle(std::chrono::milliseconds(0)) == 0) {
      // They claim places that the feed does not have: they count as pushes.
      const auto guard = co_await serial_.lock();
      co_await apply_untrusted(messages, Beyond::kUntrue);
      co_return;
    }
  }
}

/// False, with nothing done, where the batch does not follow what is settled.
runtime::Task<bool> Projector::apply_next(Messages& messages) {
  const auto guard = co_await serial_.lock();
  const Progress progress = store_.progress();
  const Cursor& settled = progress.orders;
  if (progress.ahead.position > 0) co_return false;  // the feed itself is to be looked at
  const auto next = unsettled(messages, settled);
  if (settled.epoch.is_nil() || !is_contiguous(next, settled.position)) co_return false;
  if (contradicts(messages, settled)) co_return false;
  std::optional<CursorMove> move;
  if (!next.empty()) {
    move =
        CursorMove{settled, {settled.epoch, next.back()->place->position, next.back()->event_id}};
  }
  Inbox inbox;
  for (ReceivedMessage& message : messages) {
    const bool in_feed = message.place && message.place->epoch == settled.epoch;
    if (in_feed && message.place->position <= settled.position) {
      metrics_.duplicates.add();
    } else {
      sort_in(message, in_feed ? Origin::kFeed : Origin::kForeign, inbox);
    }
  }
  co_await apply(std::move(inbox), move);
  co_return true;
}

runtime::Task<std::size_t> Projector::settle(std::chrono::milliseconds wait) {
  std::optional<runtime::AsyncMutex::Guard> alone;
  if (wait.count() <= 0) alone.emplace(co_await settling_.lock());
  const Asked asked = asks_now();
  auto page = co_await read_orders(asked.settled, wait);
  co_return co_await take(std::move(page), asked);
}

Projector::Asked Projector::asks_now() const {
  const Progress progress = store_.progress();
  return {.settled = progress.orders, .ahead = progress.ahead.position, .at = loop_.utc_now()};
}

runtime::Task<std::size_t> Projector::take(Result<OrderPage> page, Asked asked) {
  if (!page) {
    co_await follow_fork();
    co_return 1;  // there is more to do
  }
  const std::size_t events = page->events.size();
  co_await settle_page(std::move(*page), asked);
  co_return events;
}

runtime::Task<Result<Projector::OrderPage>> Projector::read_orders(Cursor settled,
                                                                   std::chrono::milliseconds wait) {
  struct Following {  // while the read waits, the feed has nothing that we lack
    Freshness& freshness;
    explicit Following(Freshness& of, bool waits) : freshness(of) {
      freshness.set_following(waits);
    }
    ~Following() { freshness.set_following(false); }
  };
  std::optional<Following> following(std::in_place, freshness_, wait.count() > 0);
  auto page = co_await orders_.read(settled, events::kMaxFeedPage, wait);
  following.reset();
  if (!page) co_return page;
  std::size_t read = page->events.size();
  while (read == events::kMaxFeedPage && page->events.size() < kMaxSettled) {
    const Cursor last = events::cursor_after(*page);
    auto more = co_await orders_.read(last, events::kMaxFeedPage, std::chrono::milliseconds(0));
    if (!more) break;  // it forked meanwhile, which the next read tells
    if (more->epoch != page->epoch) break;
    read = more->events.size();
    page->head = more->head;
    std::ranges::move(more->events, std::back_inserter(page->events));
  }
  co_return page;
}

runtime::Task<void> Projector::follow_fork() {
  const auto guard = co_await serial_.lock();
  const Cursor settled = store_.progress().orders;
  auto places = store_.places(SourceFeed::kOrders);
  const Cursor to = co_await events::last_in_common(orders_, std::move(places));
  if (to == settled) co_return;  // somebody was quicker
  freshness_.forget_head();
  TakeBack fork{.feed = SourceFeed::kOrders, .from = settled, .to = to};
  co_await writer_.take_back(fork);
  alarms_.clear(Alarm::kOrderFeedConflict);
}

bool Projector::contradicts_pushes(const OrderPage& page, const Asked& asked) const {
  if (store_.progress().ahead.position == 0) return false;
  const Position last = page.events.empty() ? asked.settled.position : page.events.back().position;
  const auto stands_there = [&](const Cursor& place) {
    const auto event =
        std::ranges::lower_bound(page.events, place.position, {}, &OrderEvent::position);
    return event != page.events.end() && event->position == place.position &&
           event->event_id == place.event_id;
  };
  // It was read after they had come, so it has what is true.
  if (last >= page.head && asked.ahead > page.head) return true;
  return !std::ranges::all_of(store_.ahead(last), stands_there);
}

runtime::Task<void> Projector::settle_page(OrderPage page, Asked asked) {
  const auto guard = co_await serial_.lock();
  freshness_.observe(page.head, asked.at);
  const Cursor settled = store_.progress().orders;
  if (!settled.epoch.is_nil() && settled.epoch != page.epoch) {
    throw Unavailable("the order feed's history changed while it was read");
  }
  if (contradicts_pushes(page, asked)) {
    // What is true of it comes back with this page and those behind it.
    TakeBack untrue{.feed = SourceFeed::kOrders, .from = settled, .to = settled};
    co_await writer_.take_back(untrue);
  }
  Cursor to{page.epoch, settled.position, settled.event_id};
  Inbox inbox;
  for (auto& event : page.events) {
    if (event.position <= settled.position) continue;  // a delivery was quicker
    if (event.position != to.position + 1) conflict("the order feed has a gap");
    to.position = event.position;
    to.event_id = event.event_id;
    inbox.orders.push_back(
        {.origin = Origin::kFeed, .epoch = page.epoch, .event = std::move(event)});
  }
  alarms_.clear(Alarm::kOrderFeedConflict);
  if (to == settled) co_return;
  co_await apply(std::move(inbox), CursorMove{settled, to});
}

runtime::Task<Applied> Projector::apply(Inbox inbox, std::optional<CursorMove> move,
                                        std::optional<StrangerLimits> limits) {
  if (inbox.orders.empty() && inbox.letters.empty() && !move) co_return Applied{};
  const SteadyTime began = loop_.steady_now();
  UtcTime latest = UtcTime::min();
  UtcTime latest_of_feed{};
  for (const IncomingOrder& order : inbox.orders) {
    latest = std::max(latest, order.event.accepted_at);
    if (order.origin == Origin::kFeed) {
      latest_of_feed = std::max(latest_of_feed, order.event.accepted_at);
    }
  }
  if (!inbox.orders.empty()) co_await prices_.close(latest);
  ProjectionBatch batch;
  batch.dead_letters = std::move(inbox.letters);
  batch.order_cursor = move;
  batch.limits = limits;
  metrics_.batch_size.observe(static_cast<double>(inbox.orders.size()));
  for (IncomingOrder& order : inbox.orders) {
    Decision decision = decide(order, prices_.versions_of(order.event.data.product_id));
    if (auto* project = std::get_if<Project>(&decision)) {
      batch.rows.push_back({std::move(order), std::move(project->price)});
    } else if (auto* letter = std::get_if<DeadLetter>(&decision)) {
      batch.dead_letters.push_back(std::move(*letter));
    } else {
      batch.parked.push_back(std::move(order));
    }
  }
  Applied applied = co_await writer_.apply(batch);
  metrics_.batch_seconds.observe(loop_.steady_now() - began);
  if (move) freshness_.settled_up_to(latest_of_feed);
  co_return applied;
}

runtime::Task<std::size_t> Projector::project_again(std::vector<Recorded<OrderPlaced>> events,
                                                    Uuid epoch) {
  const auto guard = co_await serial_.lock();
  UtcTime latest = UtcTime::min();
  for (const auto& event : events)
    latest = std::max(latest, event.accepted_at);
  if (!events.empty()) co_await prices_.close(latest);
  ProjectionBatch batch;
  for (auto& event : events) {
    const bool in_feed = event.position > 0;
    IncomingOrder order{.origin = in_feed ? Origin::kFeed : Origin::kForeign,
                        .epoch = in_feed ? epoch : Uuid{},
                        .event = std::move(event)};
    const OrderId& id = order.event.data.order_id;
    Decision decision = decide(order, prices_.versions_of(order.event.data.product_id));
    if (auto* project = std::get_if<Project>(&decision)) {
      batch.corrections.push_back({std::move(order), std::move(project->price)});
    } else if (auto* letter = std::get_if<DeadLetter>(&decision)) {
      batch.dead_letters.push_back(std::move(*letter));
    } else if (store_.standing(id) == Standing::kUnknown) {
      batch.parked.push_back(std::move(order));
    }
  }
  if (batch.empty()) co_return 0;
  co_return (co_await writer_.apply(batch)).projected;
}

runtime::Task<void> Projector::hold(std::function<runtime::Task<void>()> work) {
  const auto guard = co_await serial_.lock();
  prices_.forget();
  co_await work();
  writer_.news().changed().notify();
}

runtime::Task<std::size_t> Projector::follow_products(std::chrono::milliseconds wait) {
  const auto page = co_await prices_.next_page(wait);
  std::size_t moved = 0;
  {
    const auto guard = co_await serial_.lock();
    if (page) {
      moved = co_await prices_.copy(*page);
    } else {
      moved = co_await prices_.follow_fork();
    }
  }
  for (;;) {  // orders go on in between
    const auto guard = co_await serial_.lock();
    const std::size_t released = co_await prices_.release_some();
    if (released == 0) co_return moved;
    moved += released;
  }
}

}  // namespace orderly::orderinfo
