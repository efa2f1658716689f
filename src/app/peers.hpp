#pragma once

#include <memory>
#include <string>

#include "events/http_feed.hpp"
#include "http/client.hpp"
#include "orderinfo/price_barrier.hpp"
#include "orderinfo/read_model.hpp"
#include "orderinfo/visibility.hpp"
#include "product/product_store.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/own_writes.hpp"

/// How a service of this process reaches one that runs elsewhere, or in the same process on another
/// loop: the adapters of the ports that consumers declare.
namespace orderly::app {

/// The feed of another process.
template <class Event>
class RemoteFeed final : public events::Feed<Event> {
 public:
  RemoteFeed(http::Client client, std::string path)
      : client_(std::move(client)), feed_(client_, std::move(path)) {}

  runtime::Task<Result<events::FeedPage<Event>>> read(Cursor after, std::size_t limit,
                                                      std::chrono::milliseconds wait) override {
    return feed_.read(std::move(after), limit, wait);
  }

 private:
  http::Client client_;
  events::HttpFeed<Event> feed_;
};

/// A feed that nobody said where to find: whoever reads it waits for that.
template <class Event>
class MissingFeed final : public events::Feed<Event> {
 public:
  explicit MissingFeed(std::string flag) : flag_(std::move(flag)) {}

  runtime::Task<Result<events::FeedPage<Event>>> read(Cursor, std::size_t,
                                                      std::chrono::milliseconds) override {
    throw Unavailable("the feed is not configured: " + flag_ + " is missing");
    co_return events::FeedPage<Event>{};
  }

 private:
  std::string flag_;
};

/// Asks the product writer, which lives on `loop`.
class LocalPriceBarrier final : public orderinfo::PriceBarrier {
 public:
  LocalPriceBarrier(runtime::EventLoop& loop, product::ProductStore& store)
      : loop_(loop), store_(store) {}

  runtime::Task<Result<orderinfo::ClosedTime>> close(UtcTime time) override;

 private:
  runtime::EventLoop& loop_;
  product::ProductStore& store_;
};

/// Asks the product service over HTTP.
class RemotePriceBarrier final : public orderinfo::PriceBarrier {
 public:
  explicit RemotePriceBarrier(http::Client client) : client_(std::move(client)) {}

  runtime::Task<Result<orderinfo::ClosedTime>> close(UtcTime time) override;

 private:
  http::Client client_;
};

/// Asks the read model of this process, which lives on the server's loop and may be read there.
class LocalSettledOrders final : public warehouse::SettledOrders {
 public:
  LocalSettledOrders(orderinfo::Visibility& visibility, const orderinfo::ReadModel& store)
      : visibility_(visibility), store_(store) {}

  runtime::Task<Result<Cursor>> settled(events::ConsistencyToken token,
                                        std::chrono::seconds wait) override;

 private:
  orderinfo::Visibility& visibility_;
  const orderinfo::ReadModel& store_;
};

/// Asks the orderinfo service over HTTP.
class RemoteSettledOrders final : public warehouse::SettledOrders {
 public:
  /// Two clients of the service, on the server's loop.
  RemoteSettledOrders(http::Client queries, http::Client changes)
      : client_(std::move(queries)), changes_(std::move(changes), "/api/v1/orderinfo/changes") {}

  runtime::Task<Result<Cursor>> settled(events::ConsistencyToken token,
                                        std::chrono::seconds wait) override;

 private:
  http::Client client_;
  RemoteFeed<events::OrderInfoPut> changes_;
};

/// A client of `url`, which the flag `flag` gave. Throws std::runtime_error naming the flag.
http::Client open_peer(runtime::EventLoop& loop, const std::string& url, const char* flag);

}  // namespace orderly::app
