#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "orderinfo/read_model.hpp"
#include "support/sim_loop.hpp"

/// Values and helpers for tests of the read model.
namespace orderly::orderinfo::testing {

using orderly::testing::SimClock;
using orderly::testing::SimLoop;
using OrderEvent = events::Recorded<events::OrderPlaced>;
using ProductEvent = events::Recorded<events::ProductPut>;

inline constexpr UtcTime kDay = Date(std::chrono::days(18'645));  // 2021-01-18

inline UtcTime at(int seconds) { return kDay + std::chrono::seconds(seconds); }

inline Uuid uuid(std::uint8_t kind, std::uint64_t number) {
  Uuid id;
  id.bytes[0] = std::byte{kind};
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[15 - i] = static_cast<std::byte>(number >> (8 * i));
  }
  return id;
}

inline const Uuid kOrderEpoch = uuid(0xa0, 1);
inline const Uuid kProductEpoch = uuid(0xb0, 1);

/// The order number `position` of the feed, accepted in second `position`.
inline OrderEvent order_event(Position position, std::string product = "p1",
                              std::string customer = "c1") {
  const auto number = static_cast<std::uint64_t>(position);
  return {.position = position,
          .event_id = uuid(0xe0, number),
          .accepted_at = at(static_cast<int>(position)),
          .trace = {},
          .data = {.order_id = {uuid(0x0d, number).to_string()},
                   .customer_id = {std::move(customer)},
                   .product_id = {std::move(product)},
                   .number = 2,
                   .order_date = date_of(kDay)}};
}

inline ProductEvent product_event(Position position, std::string product, std::int64_t price,
                                  UtcTime valid_from) {
  return {.position = position,
          .event_id = uuid(0xe1, static_cast<std::uint64_t>(position)),
          .accepted_at = valid_from,
          .trace = {},
          .data = {.product_id = {std::move(product)},
                   .product_name = "v" + std::to_string(position),
                   .unit_price = price}};
}

inline IncomingOrder from_feed(OrderEvent event) {
  return {.origin = Origin::kFeed, .epoch = kOrderEpoch, .event = std::move(event)};
}
inline IncomingOrder from_push(OrderEvent event) {
  return {.origin = Origin::kPush, .epoch = kOrderEpoch, .event = std::move(event)};
}
inline IncomingOrder foreign(OrderEvent event) {
  event.position = 0;
  return {.origin = Origin::kForeign, .epoch = {}, .event = std::move(event)};
}

inline Cursor order_cursor(Position position) {
  return {kOrderEpoch, position,
          position == 0 ? Uuid{} : uuid(0xe0, static_cast<std::uint64_t>(position))};
}

/// Runs `task` to its end in virtual time; throws what it throws.
template <class T>
T run(SimLoop& loop, runtime::Task<T> task) {
  std::optional<T> result;
  std::exception_ptr error;
  bool done = false;
  boost::asio::co_spawn(loop.executor(), std::move(task),
                        [&](const std::exception_ptr& failed, T value) {
                          error = failed;
                          if (!failed) result = std::move(value);
                          done = true;
                        });
  if (!loop.run_until([&] { return done; }, loop.steady_now() + std::chrono::hours(1))) {
    throw std::logic_error("the task did not end");
  }
  if (error) std::rethrow_exception(error);
  return std::move(*result);
}
inline void run(SimLoop& loop, runtime::Task<void> task) {
  std::exception_ptr error;
  bool done = false;
  boost::asio::co_spawn(loop.executor(), std::move(task), [&](const std::exception_ptr& failed) {
    error = failed;
    done = true;
  });
  if (!loop.run_until([&] { return done; }, loop.steady_now() + std::chrono::hours(1))) {
    throw std::logic_error("the task did not end");
  }
  if (error) std::rethrow_exception(error);
}

/// A directory that goes with its owner.
class TempDirectory {
 public:
  TempDirectory() {
    std::string name =
        (std::filesystem::temp_directory_path() / "orderly-orderinfo-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace orderly::orderinfo::testing
