#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "simulation/oracle.hpp"
#include "simulation/process.hpp"

namespace orderly::simulation {

/// Everybody who calls the platform from outside: customers that order, ask and repeat what was not
/// answered, a shop owner that changes prices, and strangers. They speak HTTP (without the sockets)
/// and remember what they were promised. What an answer breaks at once is kept in broken().
class Customers {
 public:
  static constexpr std::uint64_t kProducts = 5;
  static constexpr std::uint64_t kCustomers = 6;

  explicit Customers(Machine& machine) : machine_(machine) {}

  /// One of them, for `calls` calls; the last product does not come before put_every_product().
  runtime::Task<void> act(Process& process, int calls);
  runtime::Task<void> put_every_product(Process& process);
  /// Each of those that were answered, once more and until it is answered again: the answer has to
  /// be the same.
  runtime::Task<void> repeat_every_key(Process& process);
  /// Every customer's orders of every year, page by page, and each order by its id.
  runtime::Task<void> look_at_everything(Process& process, Evidence& evidence);

  // Single calls, for runs that are made of few of them.
  runtime::Task<void> put_product(Process& process, std::uint64_t number);
  runtime::Task<void> order_new(Process& process, std::optional<std::uint64_t> product = {});
  runtime::Task<void> push_foreign(Process& process);

  /// More time has passed than keys are kept for.
  void forget_keys() { promised_.keys.clear(); }

  /// What they were promised and remember: to be taken when a copy of the stores is taken …
  struct Memory {
    Promised promised;
    std::set<std::string> priced;
    std::set<std::string> sold_with_price;
  };
  [[nodiscard]] Memory memory() const { return {promised_, priced_, sold_with_price_}; }
  /// … and what is left of it after one of them was put back.
  void orders_were_put_back(const Memory& then);
  void products_were_put_back(const Memory& then);
  void read_model_was_put_back(const Memory& then);

  [[nodiscard]] const Promised& promised() const { return promised_; }
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }
  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  runtime::Task<void> call_something(Process& process);
  runtime::Task<http::Response> call(Process& process, std::string path, std::string body,
                                     Headers headers = {});
  /// False: it was refused.
  runtime::Task<bool> order(Process& process, std::string key, events::OrderPlaced order);
  runtime::Task<void> retry(Process& process);
  runtime::Task<void> reuse_key(Process& process);
  runtime::Task<void> send_nonsense(Process& process);
  runtime::Task<void> push_again(Process& process);
  runtime::Task<void> publish_now(Process& process);
  runtime::Task<void> read_own_write(Process& process, events::OrderPlaced order, std::string token,
                                     bool has_price);
  runtime::Task<void> list_something(Process& process);
  runtime::Task<void> list_all(Process& process, CustomerId customer, std::string year,
                               Evidence& evidence);

  void forget_what_was_shown();
  [[nodiscard]] Process::Followed followed_by(Process& process);
  void remember(events::OrderInfo row, Process::Followed followed);
  events::OrderPlaced new_order(std::uint64_t product);
  /// Notes it unless the status is that of a refusal, which says that nothing is promised.
  void expect_status(const http::Response& response, int status, const std::string& what);
  void break_promise(std::string what) { broken_.push_back(std::move(what)); }

  Machine& machine_;
  Promised promised_;
  std::set<std::string> priced_;           ///< products that were answered with 200
  std::set<std::string> sold_with_price_;  ///< keys whose product had been, before the first try
  bool something_was_put_back_ = false;
  std::vector<std::string> broken_;
  std::size_t refused_ = 0;
  std::size_t calls_ = 0;
  int keys_ = 0;
  std::int64_t orders_ = 0;
};

}  // namespace orderly::simulation
