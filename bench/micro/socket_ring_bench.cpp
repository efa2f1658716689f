// What it costs to send 200 bytes over each of many connections and have them sent back: a system
// call each, or through the ring, with its loop and a coroutine for each end (docs/adr/0038).

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/socket_ring.hpp"

namespace orderly::runtime {
namespace {

constexpr std::size_t kBytes = 200;

/// So many connections over loopback, both ends of each.
struct Connections {
  explicit Connections(std::size_t count) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener, generic, size) != 0 || ::listen(listener, 128) != 0 ||
        ::getsockname(listener, generic, &size) != 0) {
      std::abort();
    }
    for (std::size_t i = 0; i < count; ++i) {
      near.push_back(::socket(AF_INET, SOCK_STREAM, 0));
      if (::connect(near.back(), generic, size) != 0) std::abort();
      far.push_back(::accept(listener, nullptr, nullptr));
    }
    ::close(listener);
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections() {
    for (const int socket : near)
      ::close(socket);
    for (const int socket : far)
      ::close(socket);
  }

  std::vector<int> near;
  std::vector<int> far;
};

void pass(const std::vector<int>& from, const std::vector<int>& to) {
  const std::string data(kBytes, 'x');
  std::string room(512, '\0');
  for (const int socket : from)
    if (::send(socket, data.data(), data.size(), MSG_DONTWAIT) != kBytes) std::abort();
  for (const int socket : to)
    if (::recv(socket, room.data(), room.size(), MSG_DONTWAIT) != kBytes) std::abort();
}

void one_by_one(benchmark::State& state) {
  const Connections sockets(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    pass(sockets.near, sockets.far);
    pass(sockets.far, sockets.near);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(one_by_one)->Arg(1)->Arg(8)->Arg(64);

/// Sends what it receives, for ever.
Task<void> send_back(SocketRing& ring, int socket, std::int64_t& received) {
  SocketRing::Operation operation;
  std::string room(kBytes, '\0');
  for (;; ++received) {
    auto received_some = ring.receive(operation, socket, asio::buffer(room));
    co_await std::move(received_some);
    if (operation.transferred() != kBytes) std::abort();
    auto sent = ring.send(operation, socket, asio::buffer(room));
    co_await std::move(sent);
    if (operation.transferred() != kBytes) std::abort();
  }
}

void through_the_ring(benchmark::State& state) {
  const Connections sockets(static_cast<std::size_t>(state.range(0)));
  const SystemClock clock;
  AsioEventLoop loop(clock);
  const auto ring = SocketRing::open(loop);
  if (ring == nullptr) return state.SkipWithError("the kernel offers no io_uring");
  std::int64_t at_near = 0;
  std::int64_t at_far = 0;
  for (const int socket : sockets.near)
    asio::co_spawn(loop.executor(), send_back(*ring, socket, at_near), asio::detached);
  for (const int socket : sockets.far)
    asio::co_spawn(loop.executor(), send_back(*ring, socket, at_far), asio::detached);
  const std::string data(kBytes, 'x');
  for (const int socket : sockets.near)
    if (::send(socket, data.data(), data.size(), MSG_DONTWAIT) != kBytes) std::abort();
  for (auto _ : state) {
    for (const std::int64_t before = at_near; at_near < before + state.range(0);)
      loop.context().run_one();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(through_the_ring)->Arg(1)->Arg(8)->Arg(64);

}  // namespace
}  // namespace orderly::runtime
