#include "app/platform.hpp"

/// How the platform tells where an order is.
namespace orderly::app {
namespace {

TracePeer peer_at(runtime::EventLoop& loop, std::string service, std::vector<Station> stations,
                  const std::string& url, const char* flag) {
  TracePeer peer{.service = std::move(service),
                 .stations = std::move(stations),
                 .client = nullptr,
                 .flag = flag};
  if (!url.empty()) peer.client = std::make_shared<http::Client>(open_peer(loop, url, flag));
  return peer;
}

}  // namespace

/// Those who run elsewhere, each after the one whose positions it needs.
void Platform::add_trace(http::Router& router) {
  std::vector<TracePeer> peers;
  const auto add = [&](bool hosted, std::string service, std::vector<Station> stations,
                       const std::string& url, const char* flag) {
    if (hosted) return;
    peers.push_back(peer_at(seams_.front, std::move(service), std::move(stations), url, flag));
  };
  add(orders_ != nullptr, "order service", {Station::kCommand}, options_.order_url, "--order-url");
  add(read_model_ != nullptr, "orderinfo service", {Station::kProjection}, options_.orderinfo_url,
      "--orderinfo-url");
  add(broker_ != nullptr, "event-publisher", {Station::kRelay, Station::kDelivery},
      options_.publisher_url, "--publisher-url");
  add(warehouse_ != nullptr, "warehouse service", {Station::kWarehouse}, options_.warehouse_url,
      "--warehouse-url");
  add_trace_routes(router,
                   {.passages = passages_,
                    .orders = orders_.get(),
                    .order_epoch = [this] { return orders_->epoch(); },
                    .relay = order_relay_.get(),
                    .broker = broker_.get(),
                    .broker_loop = &seams_.background,
                    .read_model = read_model_,
                    .loads = order_status_},
                   std::move(peers));
}

/// Notes when what of the change log came into the warehouse.
runtime::Task<void> Platform::record_loads() {
  constexpr auto kLook = std::chrono::hours(1);  // only gives the wait an end
  const auto& status = *order_status_;
  std::optional<Cursor> before;  // what was there already came at a time that nobody knows
  for (;;) {
    const auto ticket = status.moved().ticket();
    const auto loaded = status.loaded();
    const bool follows = loaded && before && loaded->position > before->position &&
                         (before->position == 0 || before->epoch == loaded->epoch);
    if (follows) {
      const UtcTime now = seams_.background.utc_now();
      passages_.record(kLoadHop, {.epoch = loaded->epoch,
                                  .first = before->position + 1,
                                  .last = loaded->position,
                                  .began = now,
                                  .ended = now});
    }
    if (loaded) before = loaded;
    co_await status.moved().wait(seams_.background, ticket, seams_.background.steady_now() + kLook);
  }
}

}  // namespace orderly::app
