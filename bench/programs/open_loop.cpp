/// Orders that come when they come, whatever the server does: independent customers (exponential
/// gaps), and every time is taken from when the order was due, also where it had to wait for a free
/// connection. So a server that stalls is charged for all who came meanwhile (no coordinated
/// omission).
///
///     bench_open_loop PORT ORDERS_A_SECOND SECONDS CONNECTIONS create|visible CUSTOMERS PRODUCTS
///
/// `visible` asks for the order as soon as it is accepted, held until it is there, and times the
/// answer. The first second is not counted.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <stdexcept>
#include <system_error>

#include "http_answers.hpp"
#include "samples.hpp"

namespace {

using namespace orderly::bench;

constexpr auto kWarmUp = std::chrono::seconds(1);
/// A sleeping processor wakes up late, which is not the server's doing: so long before an order is
/// due nothing sleeps here.
constexpr auto kSpin = std::chrono::microseconds(150);
/// How long answers may take after the last order was sent.
constexpr auto kPatience = std::chrono::seconds(20);

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

std::string post(std::string_view path, std::string_view headers, std::string_view body) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{}"
      "Content-Length: {}\r\n\r\n{}",
      path, headers, body.size(), body);
}

struct Options {
  std::uint16_t port = 0;
  double rate = 0;
  double seconds = 0;
  std::size_t connections = 1;
  bool visible = false;
  int customers = 1;
  int products = 1;
};

/// A kept connection with at most one order under way.
struct Connection {
  int socket = -1;
  Clock::time_point due{};
  std::string customer;
  std::string received;
  bool asking = false;  ///< accepted; now it is asked for

  void send(const std::string& request) const {
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      fail("send");
    }
  }
};

class Client {
 public:
  explicit Client(const Options& options)
      : options_(options),
        connections_(options.connections),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) fail("epoll_create1");
    ::prctl(PR_SET_TIMERSLACK, 1);
    for (auto& connection : connections_) {
      open(connection);
      idle_.push_back(&connection);
    }
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    for (const auto& connection : connections_)
      ::close(connection.socket);
    ::close(epoll_);
  }

  void run() {
    counted_from_ = Clock::now() + kWarmUp;
    const auto end =
        counted_from_ + std::chrono::duration_cast<Clock::duration>(Seconds(options_.seconds));
    next_due_ = Clock::now() + gap();
    while (next_due_ < end || !waiting_.empty() || idle_.size() < connections_.size()) {
      const auto now = Clock::now();
      if (now > end + kPatience) throw std::runtime_error("answers are missing");
      for (; next_due_ <= now && next_due_ < end; next_due_ += gap())
        waiting_.push_back(next_due_);
      for (; !waiting_.empty() && !idle_.empty(); waiting_.pop_front())
        place(waiting_.front());
      wait_for_events(next_due_ < end ? next_due_ : end + kPatience);
    }
  }

  [[nodiscard]] std::string to_json() {
    return fmt::format(
        R"({{"rate": {}, "sent": {}, "bad": {}, "accepted": {}, "visible": {}, "late": {}}})",
        options_.rate, sent_, bad_, accepted_.to_json(), visible_.to_json(), late_.to_json());
  }

 private:
  Clock::duration gap() {
    return std::chrono::duration_cast<Clock::duration>(Seconds(gaps_(random_) / options_.rate));
  }

  void open(Connection& connection) const {
    connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection.socket < 0) fail("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail("connect");
    }
    const int yes = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) fail("epoll_ctl");
  }

  int pick(int count) { return std::uniform_int_distribution<>(1, count)(random_); }

  void place(Clock::time_point due) {
    Connection& connection = *idle_.back();
    idle_.pop_back();
    connection.due = due;
    connection.customer = fmt::format("customer{:05}", pick(options_.customers));
    connection.send(
        post("/api/v1/order/create", "",
             fmt::format(R"({{"customer_id":"{}","product_id":"product{:05}","number":1}})",
                         connection.customer, pick(options_.products))));
    ++sent_;
    if (due >= counted_from_) late_.add(Clock::now() - due);
  }

  void wait_for_events(Clock::time_point until) {
    const auto left = std::max(until - kSpin - Clock::now(), Clock::duration(0));
    const timespec timeout{.tv_sec = left / std::chrono::seconds(1),
                           .tv_nsec = (left % std::chrono::seconds(1)).count()};
    std::array<epoll_event, 64> events{};
    const int count =
        ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2");
    for (int i = 0; i < count; ++i)
      receive(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
  }

  void receive(Connection& connection) {
    std::array<char, 16 * 1024> bytes;
    const auto count = ::recv(connection.socket, bytes.data(), bytes.size(), 0);
    if (count < 0) fail("recv");
    if (count == 0) throw std::runtime_error("the server closed a connection");
    connection.received.append(bytes.data(), static_cast<std::size_t>(count));
    const auto answer = parse_answer(connection.received);
    if (!answer) return;
    if (answer->status != 200) ++bad_;
    (connection.asking ? saw_visible(connection) : saw_accepted(connection, *answer));
  }

  void saw_accepted(Connection& connection, const HttpAnswer& answer) {
    count(connection, accepted_);
    if (!options_.visible || answer.status != 200) return release(connection);
    const std::string body = fmt::format(R"({{"customer_id":"{}","order_id":"{}"}})",
                                         connection.customer, find_member(answer.body, "order_id"));
    connection.received.clear();
    connection.asking = true;
    connection.send(post("/api/v1/orderinfo/get", "Prefer: wait=10\r\n", body));
  }

  void saw_visible(Connection& connection) {
    count(connection, visible_);
    release(connection);
  }

  void count(const Connection& connection, Samples& samples) const {
    if (connection.due >= counted_from_) samples.add(Clock::now() - connection.due);
  }

  void release(Connection& connection) {
    connection.received.clear();
    connection.asking = false;
    idle_.push_back(&connection);
  }

  Options options_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  std::deque<Clock::time_point> waiting_;  ///< due, and no connection was free
  int epoll_;
  std::mt19937_64 random_{std::random_device{}()};
  std::exponential_distribution<> gaps_{1.0};
  Clock::time_point next_due_{}, counted_from_{};
  std::int64_t sent_ = 0, bad_ = 0;
  Samples accepted_, visible_;
  Samples late_;  ///< how long after it was due an order was sent
};

Options parse(char** argv) {
  const std::string mode = argv[5];
  if (mode != "create" && mode != "visible") throw std::runtime_error("no such mode: " + mode);
  return {.port = static_cast<std::uint16_t>(std::atoi(argv[1])),
          .rate = std::atof(argv[2]),
          .seconds = std::atof(argv[3]),
          .connections = std::strtoul(argv[4], nullptr, 10),
          .visible = mode == "visible",
          .customers = std::atoi(argv[6]),
          .products = std::atoi(argv[7])};
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 8) {
    throw std::runtime_error(
        "usage: bench_open_loop PORT ORDERS_A_SECOND SECONDS CONNECTIONS create|visible CUSTOMERS "
        "PRODUCTS");
  }
  Client client(parse(argv));
  client.run();
  fmt::print("{}\n", client.to_json());
  return 0;
} catch (const std::exception& error) {
  std::fputs(fmt::format("bench_open_loop: {}\n", error.what()).c_str(), stderr);
  return 1;
}
