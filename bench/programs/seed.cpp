/// Brings a data directory to so many products and orders, through the stores of the product and
/// order services, as fast as they commit. Start `orderly up` on it then: the real pipeline
/// projects and loads what waits. The directory must not be in use.
///
///     bench_seed DATA_DIRECTORY ORDERS CUSTOMERS PRODUCTS ORDERS_OF_BIG_CUSTOMER

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "app/data_directory.hpp"
#include "order/sqlite/sqlite_order_store.hpp"
#include "orders.hpp"
#include "product/sqlite/sqlite_product_store.hpp"
#include "samples.hpp"

namespace {

using namespace orderly;

/// Between two lines of progress.
constexpr Position kStep = 250'000;

struct Node {
  explicit Node(const char* path) : data(path) {}

  app::DataDirectory data;
  SystemClock clock;
  runtime::AsioEventLoop loop{clock};
  SeededRandom random{seed_from_system()};
  telemetry::Metrics metrics;
};

runtime::Task<bool> put_product(product::ProductStore& store, product::NewVersion version) {
  auto putting = store.put(std::move(version));
  const auto put = co_await std::move(putting);
  co_return put.has_value();
}

/// Gives those that are not there yet a first version.
void fill_products(Node& node, Position count) {
  product::SqliteProductStore store(node.loop, {.path = node.data.file("product.db")}, node.random,
                                    node.metrics);
  const auto page = store.read_events({}, 1);
  if (!page) throw std::runtime_error("product.db cannot be read");
  bench::Filler filler(node.loop, [&](Position number) {
    return put_product(
        store, {.command = {.product_id = {bench::product_id(static_cast<std::uint64_t>(number))},
                            .product_name = fmt::format("Product {}", number),
                            .unit_price = number * 10},
                .idempotency_key = std::nullopt,
                .trace = {}});
  });
  if (page->head < count) filler.run(page->head + 1, count);
  bench::run_to_end(node.loop, store.drain());
}

Position fill_orders(Node& node, Position count, const bench::Mix& mix) {
  order::SqliteOrderStore store(node.loop, {.path = node.data.file("order.db")}, node.random,
                                node.metrics);
  const bool on_terminal = ::isatty(STDERR_FILENO) == 1;
  const Position before = store.head();
  bench::Filler filler(node.loop, [&](Position position) {
    return bench::place_order(store, bench::make_order(position, mix, node.random));
  });
  for (Position from = before + 1; from <= count; from += kStep) {
    filler.run(from, std::min(from + kStep - 1, count));
    if (on_terminal) fmt::print(stderr, "\r\033[K{} of {} orders", store.head(), count);
  }
  if (on_terminal) fmt::print(stderr, "\r\033[K");
  bench::run_to_end(node.loop, store.drain());
  return store.head() - before;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    throw std::runtime_error(
        "usage: bench_seed DATA_DIRECTORY ORDERS CUSTOMERS PRODUCTS ORDERS_OF_BIG_CUSTOMER");
  }
  const bench::Mix mix{.customers = std::strtoull(argv[3], nullptr, 10),
                       .products = std::strtoull(argv[4], nullptr, 10),
                       .big_customer = std::atoll(argv[5])};
  if (mix.customers == 0 || mix.products == 0) {
    throw std::runtime_error("there must be customers and products");
  }
  Node node(argv[1]);
  fill_products(node, static_cast<Position>(mix.products));
  const auto start = bench::Clock::now();
  const Position made = fill_orders(node, std::atoll(argv[2]), mix);
  fmt::print(R"({{"orders": {}, "seconds": {:.4f}}})"
             "\n",
             made, bench::seconds_since(start));
  return 0;
} catch (const std::exception& error) {
  std::fputs(fmt::format("bench_seed: {}\n", error.what()).c_str(), stderr);
  return 1;
}
