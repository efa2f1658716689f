#include "selftest/arrangement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <stdexcept>

#include "http/client.hpp"

namespace orderly::selftest {
namespace {

using namespace std::chrono_literals;
using runtime::Task;

constexpr auto kPoll = 20ms;
constexpr auto kPatience = 60s;  ///< for a process to answer, and to be ready
constexpr auto kLongestPiece = 50ms;
constexpr std::uint64_t kCutOneIn = 20;

std::string url_at(std::uint16_t port) { return fmt::format("http://127.0.0.1:{}", port); }

}  // namespace

Arrangement::Arrangement(runtime::EventLoop& loop, Kind kind, std::string program,
                         std::filesystem::path folder, Random& random)
    : loop_(loop),
      kind_(kind),
      program_(std::move(program)),
      folder_(std::move(folder)),
      random_(random) {
  std::filesystem::create_directories(folder_);
  if (kind_ == Kind::kTogether) {
    add("up", {"up"}, free_port());
  } else {
    arrange_apart();
  }
}

void Arrangement::add(const std::string& name, std::vector<std::string> words, std::uint16_t port) {
  for (auto word :
       {std::string("--data"), (folder_ / name).string(), std::string("--listen"),
        fmt::format("127.0.0.1:{}", port), std::string("--log-level"), std::string("warn")}) {
    words.push_back(std::move(word));
  }
  servers_.push_back(
      {name, url_at(port),
       std::make_unique<ServerProcess>(program_, std::move(words), folder_ / (name + ".log"))});
}

void Arrangement::arrange_apart() {
  const auto product = free_port();
  const auto order = free_port();
  const auto orderinfo = free_port();
  for (const auto target : {product, order, orderinfo})
    gates_.push_back(std::make_unique<Gate>(loop_, target, random_));
  const auto gate = [&](std::size_t index) { return url_at(gates_[index]->port()); };
  add("product", {"serve", "product"}, product);
  add("order", {"serve", "order"}, order);
  add("orderinfo", {"serve", "orderinfo", "--product-url", gate(0), "--order-url", gate(1)},
      orderinfo);
  add("event-publisher",
      {"serve", "event-publisher", "--product-url", gate(0), "--order-url", gate(1),
       "--orderinfo-url", gate(2)},
      free_port());
  add("warehouse", {"serve", "warehouse", "--product-url", gate(0), "--orderinfo-url", gate(2)},
      free_port());
}

const char* Arrangement::name() const { return kind_ == Kind::kTogether ? "together" : "apart"; }

const std::string& Arrangement::url_of(const std::string& service) const {
  if (kind_ == Kind::kTogether) return servers_.front().url;
  return std::ranges::find(servers_, service, &Server::name)->url;
}

Urls Arrangement::urls() const {
  return {url_of("product"), url_of("order"), url_of("orderinfo"), url_of("warehouse")};
}

std::size_t Arrangement::cuts() const {
  return std::accumulate(gates_.begin(), gates_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& gate) { return sum + gate->cut(); });
}

Task<void> Arrangement::start() {
  for (const auto& gate : gates_)
    gate->start();
  for (const auto& server : servers_)
    server.process->start();
  for (const auto& server : servers_)
    co_await await_answer(server);
}

Task<void> Arrangement::kill_one() {
  for (const auto& server : servers_) {
    if (server.process->has_died()) {
      throw std::runtime_error(fmt::format("the process {} has ended by itself; its log is {}",
                                           server.name, server.process->log().string()));
    }
  }
  const auto& victim = servers_[random_.below(servers_.size())];
  victim.process->kill();
  ++kills_;
  if (random_.one_in(3)) co_await loop_.sleep_for(std::chrono::milliseconds(random_.below(500)));
  victim.process->start();
  co_await await_answer(victim);
}

void Arrangement::disturb_network() {
  if (gates_.empty()) return;
  auto& gate = *gates_[random_.below(gates_.size())];
  switch (random_.below(3)) {
    case 0:
      gate.close();
      break;
    case 1:
      gate.misbehave(kLongestPiece, kCutOneIn);
      break;
    default:
      gate.behave();
  }
}

void Arrangement::calm_network() {
  for (const auto& gate : gates_)
    gate->behave();
}

Task<bool> Arrangement::answers(std::string url, std::string path) {
  try {
    auto client = http::Client::open(loop_, url, {.request_timeout = 2s});
    http::ClientRequest request{.target = std::move(path)};
    const auto response = co_await client->send(std::move(request));
    co_return response.status == 200;
  } catch (const Unavailable&) {
    co_return false;
  }
}

Task<void> Arrangement::await_answer(const Server& server) {
  const SteadyTime deadline = loop_.steady_now() + kPatience;
  while (!co_await answers(server.url, "/healthz")) {
    if (server.process->has_died() || loop_.steady_now() > deadline) {
      throw std::runtime_error(fmt::format("the process {} does not start; its log is {}",
                                           server.name, server.process->log().string()));
    }
    co_await loop_.sleep_for(kPoll);
  }
}

Task<bool> Arrangement::await_ready() {
  const SteadyTime deadline = loop_.steady_now() + kPatience;
  for (const auto& server : servers_) {
    while (!co_await answers(server.url, "/readyz")) {
      if (loop_.steady_now() > deadline) co_return false;
      co_await loop_.sleep_for(kPoll);
    }
  }
  co_return true;
}

Task<void> Arrangement::stop() {
  for (const auto& server : servers_)
    server.process->stop();
  for (const auto& gate : gates_)
    co_await gate->stop();
}

}  // namespace orderly::selftest
