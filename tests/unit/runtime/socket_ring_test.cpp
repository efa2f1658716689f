#include "runtime/socket_ring.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/without_io_uring.hpp"

namespace orderly::runtime {
namespace {

using namespace std::chrono_literals;

/// Two sockets that are connected with each other.
struct Pair {
  Pair() {
    int both[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, both), 0);
    near = both[0];
    far = both[1];
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    ::close(near);
    hang_up();
  }
  void hang_up() {
    if (far >= 0) ::close(std::exchange(far, -1));
  }
  /// Everything that can be read at the far side.
  [[nodiscard]] std::string at_far_side() const {
    std::string text(1024UL * 1024, '\0');
    const auto size = ::recv(far, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

  int near = -1;
  int far = -1;
};

struct Outcome {
  boost::system::error_code error;
  std::size_t size = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(const SocketRing::Operation& operation) {
  return {operation.error(), operation.transferred()};
}

class SocketRingTest : public ::testing::Test {
 protected:
  SocketRingTest() {
    thread_ = std::thread([this] { loop_.run(); });
    run(open());
  }
  ~SocketRingTest() override {
    run(close());
    loop_.stop();
    thread_.join();
  }
  void SetUp() override {
    if (!testing::kernel_offers_io_uring()) GTEST_SKIP() << "there is no io_uring here";
    ASSERT_NE(ring_, nullptr);
  }

  template <class T>
  std::future<T> start(Task<T> task) {
    return asio::co_spawn(loop_.executor(), std::move(task), asio::use_future);
  }
  template <class T>
  T run(Task<T> task) {
    auto future = start(std::move(task));
    if (future.wait_for(20s) != std::future_status::ready) {
      ADD_FAILURE() << "the task does not end";
      std::abort();  // it has what is on the stack here
    }
    return future.get();
  }
  /// Until the loop has nothing to do but to wait.
  void settle() {
    for (int turn = 0; turn < 10; ++turn)
      run(pass());
  }

  Task<Outcome> send(SocketRing::Operation& operation, int socket, std::string_view data) {
    auto sent = ring_->send(operation, socket, asio::buffer(data));
    co_await std::move(sent);
    co_return outcome_of(operation);
  }
  Task<Outcome> receive(SocketRing::Operation& operation, int socket, std::string& room) {
    auto received = ring_->receive(operation, socket, asio::buffer(room));
    co_await std::move(received);
    co_return outcome_of(operation);
  }
  Task<void> cancel(SocketRing::Operation& operation) {
    ring_->cancel(operation);
    co_return;
  }
  Task<void> open() {
    ring_ = SocketRing::open(loop_);
    co_return;
  }
  Task<void> close() {
    ring_.reset();
    co_return;
  }

  std::unique_ptr<SocketRing> ring_;

 private:
  static Task<void> pass() { co_return; }

  SystemClock clock_;
  AsioEventLoop loop_{clock_};
  std::thread thread_;
};

TEST_F(SocketRingTest, WhatIsSentArrives) {
  const Pair pair;
  SocketRing::Operation operation;
  EXPECT_EQ(run(send(operation, pair.near, "hello")), (Outcome{{}, 5}));
  EXPECT_EQ(pair.at_far_side(), "hello");
  EXPECT_FALSE(operation.is_pending());
}

TEST_F(SocketRingTest, WhatIsThereIsReceivedAtOnce) {
  const Pair pair;
  ASSERT_EQ(::send(pair.far, "hello", 5, 0), 5);
  SocketRing::Operation operation;
  std::string room(3, '\0');
  EXPECT_EQ(run(receive(operation, pair.near, room)), (Outcome{{}, 3}));
  EXPECT_EQ(room, "hel");
  EXPECT_EQ(run(receive(operation, pair.near, room)), (Outcome{{}, 2}));
  EXPECT_EQ(room.substr(0, 2), "lo");
}

TEST_F(SocketRingTest, WhatComesLaterWakesTheLoop) {
  const Pair pair;
  SocketRing::Operation operation;
  std::string room(8, '\0');
  for (int round = 0; round < 50; ++round) {
    auto received = start(receive(operation, pair.near, room));
    settle();
    ASSERT_EQ(received.wait_for(0s), std::future_status::timeout);
    ASSERT_EQ(::send(pair.far, "late", 4, 0), 4);
    ASSERT_EQ(received.wait_for(20s), std::future_status::ready);
    ASSERT_EQ(received.get(), (Outcome{{}, 4}));
  }
}

// The kernel does some twenty in one call, and no more than 512 are handed over together.
TEST_F(SocketRingTest, AnyNumberIsWaitedForTogether) {
  constexpr std::size_t kSockets = 150;
  const std::vector<Pair> pairs(kSockets);
  std::vector<SocketRing::Operation> operations(kSockets);
  std::vector<std::string> rooms(kSockets, std::string(8, '\0'));
  for (int round = 0; round < 20; ++round) {
    std::vector<std::future<Outcome>> received;
    for (std::size_t i = 0; i < kSockets; ++i) {
      received.push_back(start(receive(operations[i], pairs[i].near, rooms[i])));
    }
    for (std::size_t i = 0; i < kSockets; ++i) {
      const std::string text = std::to_string(i);
      ASSERT_EQ(::send(pairs[i].far, text.data(), text.size(), 0), std::ssize(text));
    }
    for (std::size_t i = 0; i < kSockets; ++i) {
      ASSERT_EQ(received[i].wait_for(20s), std::future_status::ready) << i;
      ASSERT_EQ(rooms[i].substr(0, received[i].get().size), std::to_string(i));
    }
  }
}

TEST_F(SocketRingTest, MoreThanTheRingHoldsIsSentInOrder) {
  const Pair pair;
  constexpr std::size_t kSends = 1'500;
  std::vector<SocketRing::Operation> operations(kSends);
  std::string expected;
  for (std::size_t i = 0; i < kSends; ++i)
    expected += static_cast<char>('a' + i % 26);
  std::vector<std::future<Outcome>> sent;
  for (std::size_t i = 0; i < kSends; ++i) {
    sent.push_back(start(send(operations[i], pair.near, std::string_view(expected).substr(i, 1))));
  }
  std::string arrived;
  for (auto& each : sent) {
    ASSERT_EQ(each.wait_for(20s), std::future_status::ready);
    const Outcome outcome = each.get();
    if (outcome.error == asio::error::would_block) break;  // of a small buffer: all before is there
    ASSERT_EQ(outcome, (Outcome{{}, 1}));
    arrived += expected[arrived.size()];
  }
  settle();
  std::string read;
  for (std::string more = pair.at_far_side(); !more.empty(); more = pair.at_far_side())
    read += more;
  EXPECT_GE(read.size(), arrived.size());
  EXPECT_GE(arrived.size(), 100U);
  EXPECT_EQ(read, expected.substr(0, read.size()));
}

TEST_F(SocketRingTest, AFullBufferIsNotWaitedFor) {
  const Pair pair;
  SocketRing::Operation operation;
  const std::string much(64UL * 1024, 'x');
  Outcome last;
  for (int i = 0; i < 1'000 && !last.error; ++i)
    last = run(send(operation, pair.near, much));
  EXPECT_EQ(last, (Outcome{asio::error::would_block, 0}));
}

TEST_F(SocketRingTest, TheEndOfTheInputIsNoBytes) {
  Pair pair;
  SocketRing::Operation operation;
  std::string room(8, '\0');
  auto received = start(receive(operation, pair.near, room));
  settle();
  pair.hang_up();
  ASSERT_EQ(received.wait_for(20s), std::future_status::ready);
  EXPECT_EQ(received.get(), Outcome{});
  EXPECT_EQ(run(send(operation, pair.near, "x")).error, asio::error::broken_pipe);
}

TEST_F(SocketRingTest, AReceiveCanBeCancelledAndAskedForAgain) {
  const Pair pair;
  SocketRing::Operation operation;
  std::string room(8, '\0');
  run(cancel(operation));  // of nothing
  for (int round = 0; round < 50; ++round) {
    auto received = start(receive(operation, pair.near, room));
    if (round % 2 == 0) settle();  // else what is cancelled has not been handed over
    run(cancel(operation));
    ASSERT_EQ(received.wait_for(20s), std::future_status::ready);
    ASSERT_EQ(received.get(), (Outcome{asio::error::operation_aborted, 0}));
  }
  ASSERT_EQ(::send(pair.far, "on", 2, 0), 2);
  EXPECT_EQ(run(receive(operation, pair.near, room)), (Outcome{{}, 2}));
}

TEST_F(SocketRingTest, WhoWaitsWhenTheRingGoesIsDropped) {
  const Pair pair;
  SocketRing::Operation operation;
  std::string room(8, '\0');
  const auto alive = std::make_shared<int>();
  const auto wait = [](SocketRing& ring, SocketRing::Operation& of, int socket, std::string& into,
                       std::shared_ptr<int>) -> Task<void> {
    auto received = ring.receive(of, socket, asio::buffer(into));
    co_await std::move(received);
    ADD_FAILURE() << "went on";
  };
  auto waiting = start(wait(*ring_, operation, pair.near, room, alive));
  settle();
  ASSERT_GT(alive.use_count(), 1);
  run(close());
  EXPECT_EQ(alive.use_count(), 1);
  ASSERT_EQ(waiting.wait_for(20s), std::future_status::ready);
  EXPECT_THROW(waiting.get(), std::future_error);
  ASSERT_EQ(::send(pair.far, "x", 1, 0), 1);
  settle();
  EXPECT_EQ(room, std::string(8, '\0'));
}

TEST(SocketRing, IsNotThereWhereTheKernelDeniesIt) {
  bool denied = false;
  std::thread([&] {
    testing::deny_io_uring();
    const SystemClock clock;
    AsioEventLoop loop(clock);
    denied = SocketRing::open(loop) == nullptr;
  }).join();
  EXPECT_TRUE(denied);
}

}  // namespace
}  // namespace orderly::runtime
