#include "app/platform.hpp"
#include "telemetry/log.hpp"
#include "warehouse/tables.hpp"

/// What a store that was put back to an older state is noticed by as it is opened: a neighbour that
/// has read what is not there. Where the neighbours are other processes, their own readers notice
/// (ADR 0030).
namespace orderly::app {
namespace {

/// Whether the log cannot have been read up to `remembered`, and does not say itself that its
/// history has changed since: that it forks is then news, and what stands there now is all that
/// both histories have.
template <class Store>
bool is_contradicted(const Store& store, const Cursor& remembered) {
  if (remembered.epoch.is_nil() || remembered.position == 0) return false;
  if (store.read_events(remembered, 1)) return false;
  const Cursor place{Uuid{}, remembered.position, remembered.event_id};
  if (!remembered.event_id.is_nil() && store.read_events(place, 1)) return false;
  return !store.fork_of(remembered.epoch);
}

template <class Store>
void begin_epoch_if_contradicted(Store& store, const char* name, const Cursor& remembered,
                                 const char* by) {
  if (!is_contradicted(store, remembered)) return;
  store.begin_epoch();
  log::warning("a store has another history than its neighbour has read; a new epoch begins",
               {{"store", name}, {"neighbour", by}, {"position", remembered.position}});
}

}  // namespace

void Platform::check_histories() {
  const auto published = [this](std::string_view topic) {
    return broker_ ? broker_->published(topic).value_or(Cursor{}) : Cursor{};
  };
  const auto progress = read_model_ ? read_model_->progress() : orderinfo::Progress{};
  if (orders_) {
    begin_epoch_if_contradicted(*orders_, "order", progress.orders, "orderinfo");
    begin_epoch_if_contradicted(*orders_, "order", progress.ahead, "orderinfo");
    begin_epoch_if_contradicted(*orders_, "order", published(events::OrderPlaced::kTopic),
                                "event-publisher");
  }
  if (products_) {
    begin_epoch_if_contradicted(*products_, "product", progress.products, "orderinfo");
    begin_epoch_if_contradicted(*products_, "product", published(events::ProductPut::kTopic),
                                "event-publisher");
  }
}

runtime::Task<void> Platform::check_change_log() {
  if (!read_model_ || warehouse_ == nullptr) co_return;
  try {
    const Cursor loaded = co_await warehouse_->loaded(warehouse::order_information().name);
    begin_epoch_if_contradicted(*read_model_, "orderinfo", loaded, "warehouse");
  } catch (const Unavailable& unavailable) {
    // The loader will find it out in its own time.
    log::warning("the warehouse cannot be asked what it has loaded",
                 {{"error", unavailable.what()}});
  }
}

}  // namespace orderly::app
