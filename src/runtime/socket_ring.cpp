#include "runtime/socket_ring.hpp"

#include <liburing.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/check.hpp"

namespace orderly::runtime {
namespace {

constexpr unsigned kSubmissions = 512;   ///< that gather; more are handed over in parts
constexpr unsigned kCompletions = 4096;  ///< before the kernel puts them into a list of its own

}  // namespace

/// Not in the frame of who waits: that one is held by `resume`.
struct SocketRing::Pending {
  Operation* operation = nullptr;
  ResumeHere resume;
};

/// Its handlers hold it weakly, since the loop may outlive it.
class SocketRing::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(const Executor& executor) : executor_(executor), wakeups_(executor) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool open() {
    io_uring_params params{};
    // Completions are worked off in our own calls, not whenever the kernel finds it convenient.
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                   IORING_SETUP_TASKRUN_FLAG;
    params.cq_entries = kCompletions;
    if (::io_uring_queue_init_params(kSubmissions, &ring_, &params) != 0) return false;
    is_open_ = true;
    const int wakeups = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakeups < 0) return false;
    wakeups_.assign(wakeups);
    if (::io_uring_register_eventfd(&ring_, wakeups) != 0) return false;
    wait();
    return true;
  }

  void close() {
    if (!std::exchange(is_open_, false)) return;
    ::io_uring_queue_exit(&ring_);
    boost::system::error_code ignored;
    wakeups_.close(ignored);
    pending_.clear();
  }

  void send(Operation& operation, ResumeHere resume, int socket, asio::const_buffer data) {
    io_uring_sqe& entry = make_entry();
    ::io_uring_prep_send(&entry, socket, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    begin(operation, std::move(resume), entry);
  }

  void receive(Operation& operation, ResumeHere resume, int socket, asio::mutable_buffer room) {
    io_uring_sqe& entry = make_entry();
    ::io_uring_prep_recv(&entry, socket, room.data(), room.size(), 0);
    entry.ioprio |= IORING_RECVSEND_POLL_FIRST;  // who was just answered has hardly asked again
    begin(operation, std::move(resume), entry);
  }

  void cancel(Operation& operation) {
    if (!operation.is_pending()) return;
    io_uring_sqe& entry = make_entry();
    ::io_uring_prep_cancel(&entry, operation.pending_, 0);
    ::io_uring_sqe_set_data(&entry, nullptr);
    // At once: later, the place could be that of another operation.
    submit();
    turn_later();
  }

 private:
  io_uring_sqe& make_entry() {
    for (;;) {
      if (io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_)) return *entry;
      submit();
    }
  }

  void begin(Operation& operation, ResumeHere resume, io_uring_sqe& entry) {
    ORDERLY_CHECK(!operation.is_pending(), "a socket is asked for one thing at a time");
    if (free_.empty()) free_.push_back(&pending_.emplace_back());
    Pending& pending = *free_.back();
    free_.pop_back();
    pending = {.operation = &operation, .resume = std::move(resume)};
    operation.pending_ = &pending;
    ::io_uring_sqe_set_data(&entry, &pending);
    turn_later();
  }

  /// What the kernel has no memory for right now stays for the next time.
  void submit() { check(::io_uring_submit(&ring_)); }

  static void check(int result) {
    const bool goes_on = result >= 0 || result == -EAGAIN || result == -EBUSY || result == -EINTR;
    ORDERLY_CHECK(goes_on, "the kernel takes what is submitted on the loop's thread");
  }

  void turn_later() {
    if (std::exchange(turn_comes_, true)) return;
    asio::post(executor_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || !self->is_open_) return;
      self->turn_comes_ = false;
      self->turn();
    });
  }

  /// Hands over what has gathered, lets the kernel do what it has found to do, and goes on with
  /// whatever has ended; again in the next turn of the loop, until nothing has.
  void turn() {
    check(::io_uring_submit_and_get_events(&ring_));
    const bool ended = deliver();
    if (!is_open_) return;
    if (ended || ::io_uring_sq_ready(&ring_) > 0) return turn_later();
    if (!waits_) {
      ::io_uring_cq_eventfd_toggle(&ring_, true);
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    if (has_found_more()) return turn_later();
    if (!waits_) wait();
  }

  /// What has ended by now, and not what ends meanwhile: other handlers have their turn, too.
  /// False: nothing has.
  bool deliver() {
    const unsigned ready = ::io_uring_cq_ready(&ring_);
    io_uring_cqe* completion = nullptr;
    for (unsigned i = 0; i < ready && is_open_; ++i) {
      if (::io_uring_peek_cqe(&ring_, &completion) != 0) break;
      auto* const pending = static_cast<Pending*>(::io_uring_cqe_get_data(completion));
      const int result = completion->res;
      ::io_uring_cqe_seen(&ring_, completion);
      if (pending == nullptr) continue;  // of a cancel()
      pending->operation->result_ = result;
      pending->operation->pending_ = nullptr;
      ResumeHere resume = std::exchange(pending->resume, nullptr);
      free_.push_back(pending);
      resume();
    }
    return ready > 0;
  }

  /// While wake-ups were off, or more than it does in one call.
  [[nodiscard]] bool has_found_more() const {
    return (__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) & IORING_SQ_TASKRUN) != 0;
  }

  /// Until the kernel has found something to do.
  void wait() {
    waits_ = true;
    wakeups_.async_read_some(
        asio::buffer(&signalled_, sizeof signalled_),
        [weak = weak_from_this()](const boost::system::error_code& error, std::size_t) {
          const auto self = weak.lock();
          if (error || !self || !self->is_open_) return;
          self->waits_ = false;
          ::io_uring_cq_eventfd_toggle(&self->ring_, false);
          self->turn();
        });
  }

  Executor executor_;
  io_uring ring_{};
  bool is_open_ = false;
  bool turn_comes_ = false;
  bool waits_ = false;
  std::uint64_t signalled_ = 0;
  asio::posix::stream_descriptor wakeups_;
  std::deque<Pending> pending_;
  std::vector<Pending*> free_;  ///< of pending_
};

boost::system::error_code SocketRing::Operation::error() const {
  if (result_ >= 0) return {};
  if (result_ == -ECANCELED) return asio::error::operation_aborted;
  return {-result_, boost::system::system_category()};
}

std::unique_ptr<SocketRing> SocketRing::open(EventLoop& loop) {
  auto impl = std::make_shared<Impl>(loop.executor());
  if (!impl->open()) return nullptr;
  return std::unique_ptr<SocketRing>(new SocketRing(std::move(impl)));
}

SocketRing::SocketRing(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

SocketRing::~SocketRing() { impl_->close(); }

void SocketRing::cancel(Operation& operation) { impl_->cancel(operation); }

void SocketRing::begin_send(Operation& operation, ResumeHere resume, int socket,
                            asio::const_buffer data) {
  impl_->send(operation, std::move(resume), socket, data);
}

void SocketRing::begin_receive(Operation& operation, ResumeHere resume, int socket,
                               asio::mutable_buffer room) {
  impl_->receive(operation, std::move(resume), socket, room);
}

}  // namespace orderly::runtime
