/// Orderly with one more service: orders can be cancelled. Everything that `orderly` does, it does
/// too; docs/extending.md walks through it.

#include <memory>

#include "app/cli.hpp"
#include "app/extension.hpp"
#include "cancellation_store.hpp"
#include "order_status.hpp"
#include "routes.hpp"
#include "warehouse/row_source.hpp"

namespace cancellation {
namespace {

const orderly::warehouse::TableSpec kCancelledTable{
    .name = "order_cancelled",
    .columns = {{"order_id", orderly::warehouse::ColumnType::kText},
                {"reason", orderly::warehouse::ColumnType::kText},
                {"cancelled_at", orderly::warehouse::ColumnType::kTimestamp}},
    .key = "order_id",
    .date_column = "cancelled_at"};

const orderly::warehouse::ViewSpec kNetRevenue{
    .name = "net_revenue",
    .query =
        "SELECT product_name, sum(total_price)::HUGEINT AS revenue "
        "FROM cqrs_example.order_information AS o WHERE NOT EXISTS (SELECT 1 "
        "FROM cqrs_example.order_cancelled AS c WHERE c.order_id = o.order_id) GROUP BY ALL"};

class Cancellations final : public orderly::app::Extension {
 public:
  [[nodiscard]] std::vector<orderly::warehouse::TableSpec> tables() const override {
    return {kCancelledTable};
  }
  [[nodiscard]] std::vector<orderly::warehouse::ViewSpec> views() const override {
    return {kNetRevenue};
  }

  void open(const orderly::app::Host& host) override {
    const auto& seams = host.seams;
    front_ = &seams.front;
    background_ = &seams.background;
    // The command side, on the loop that serves requests.
    store_ = std::make_unique<CancellationStore>(seams.front, database(host, "cancellation.db"),
                                                 seams.front_random);
    feed_ = std::make_unique<orderly::events::LocalFeed<OrderCancelled>>(seams.background, *store_);
    // The topic is a view over the feed, so that foreign services can subscribe.
    if (host.broker != nullptr) {
      outbox_ = std::make_unique<orderly::broker::FeedSource<OrderCancelled>>(*feed_);
      host.publish(*outbox_, std::string(OrderCancelled::kTopic));
    }
    // The projection, on the background loop.
    status_ = std::make_unique<OrderStatus>(seams.background, database(host, "order_status.db"),
                                            seams.background_random, *feed_);
    if (host.loaders != nullptr) {
      host.loaders->add(std::make_unique<orderly::warehouse::FeedSource<OrderCancelled>>(
          kCancelledTable, *feed_, [](const Cancelled& event, orderly::warehouse::RowBatch& rows) {
            rows.begin_row()
                .text(event.data.order_id.value)
                .text(event.data.reason)
                .timestamp(event.accepted_at);
          }));
    }
  }

  void add_routes(orderly::http::Router& router) override {
    cancellation::add_routes(router, *front_, *store_, *background_, *status_);
  }

  void start(const orderly::app::Host& host) override { host.run_hop("order status", *status_); }

  orderly::runtime::Task<void> drain() override { return store_->drain(); }

  void close() override {
    status_.reset();
    outbox_.reset();
    feed_.reset();
    store_.reset();
  }

 private:
  static orderly::sqlite::OpenOptions database(const orderly::app::Host& host, const char* name) {
    orderly::sqlite::OpenOptions options;
    options.path = host.seams.file(name);
    options.vfs = host.seams.vfs;
    return options;
  }

  orderly::runtime::EventLoop* front_ = nullptr;
  orderly::runtime::EventLoop* background_ = nullptr;
  std::unique_ptr<CancellationStore> store_;
  std::unique_ptr<orderly::events::Feed<OrderCancelled>> feed_;
  std::unique_ptr<orderly::broker::MessageSource> outbox_;
  std::unique_ptr<OrderStatus> status_;
};

}  // namespace
}  // namespace cancellation

int main(int argc, char** argv) {
  cancellation::Cancellations cancellations;
  return orderly::app::run(argc, argv, {&cancellations});
}
