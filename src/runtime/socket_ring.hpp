#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "runtime/event_loop.hpp"
#include "runtime/suspend_here.hpp"

namespace orderly::runtime {

/// Sends and receives of many sockets in one system call (io_uring): what the handlers of a turn of
/// the loop ask for goes to the kernel together, once all of them have run.
///
/// The loop's thread calls everything, and is the only one in which the kernel touches the buffers
/// (IORING_SETUP_DEFER_TASKRUN): within a call of this class and never beside the program. Sockets
/// are not closed before what was asked of them has ended.
class SocketRing {
  struct Pending;

 public:
  /// What is asked of one socket, one at a time. Stays where it is until that has ended.
  class Operation {
   public:
    [[nodiscard]] bool is_pending() const { return pending_ != nullptr; }
    /// Of the last one that ended: bytes, 0 of a receive being the end of the input.
    [[nodiscard]] std::size_t transferred() const {
      return result_ > 0 ? static_cast<std::size_t>(result_) : 0;
    }
    /// operation_aborted after cancel(), would_block where a send would have had to wait.
    [[nodiscard]] boost::system::error_code error() const;

   private:
    friend class SocketRing;
    Pending* pending_ = nullptr;
    int result_ = 0;
  };

  /// Null where the kernel does not offer it (Linux before 6.1, and many containers).
  static std::unique_ptr<SocketRing> open(EventLoop& loop);
  /// Drops who still waits. On any thread.
  ~SocketRing();
  SocketRing(const SocketRing&) = delete;
  SocketRing& operator=(const SocketRing&) = delete;

  /// Gives an awaitable: `data` has been sent as far as it fits without waiting.
  auto send(Operation& operation, int socket, asio::const_buffer data) {
    return suspend_here([this, &operation, socket, data](ResumeHere resume) {
      begin_send(operation, std::move(resume), socket, data);
    });
  }
  /// Gives an awaitable: something was received into `room`, or nothing more comes.
  auto receive(Operation& operation, int socket, asio::mutable_buffer room) {
    return suspend_here([this, &operation, socket, room](ResumeHere resume) {
      begin_receive(operation, std::move(resume), socket, room);
    });
  }
  /// Ends the wait of a receive; nothing happens where none is pending.
  void cancel(Operation& operation);

 private:
  class Impl;
  explicit SocketRing(std::shared_ptr<Impl> impl);

  void begin_send(Operation& operation, ResumeHere resume, int socket, asio::const_buffer data);
  void begin_receive(Operation& operation, ResumeHere resume, int socket,
                     asio::mutable_buffer room);

  std::shared_ptr<Impl> impl_;
};

}  // namespace orderly::runtime
