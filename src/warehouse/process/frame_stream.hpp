#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <deque>
#include <functional>

#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"
#include "warehouse/process/frames.hpp"

namespace orderly::warehouse::process {

/// One end of the socket between the processes. Used on its loop only.
class FrameStream {
 public:
  /// Takes over `descriptor`.
  FrameStream(runtime::EventLoop& loop, int descriptor);

  /// The next frame. Throws Unavailable once the other end is gone or sends what is none.
  runtime::Task<Frame> read();
  /// Sends it as soon as what was given before is sent. Errors show in read().
  void send(Frame frame);
  /// Sends and reads nothing any more. Whoever reads gets Unavailable.
  void close();
  /// Waits until nothing is being sent.
  runtime::Task<void> join() { return tasks_.join(); }

 private:
  runtime::Task<void> send_queued();

  boost::asio::local::stream_protocol::socket socket_;
  std::deque<Frame> outgoing_;
  bool sending_ = false;
  runtime::TaskGroup tasks_;
};

}  // namespace orderly::warehouse::process
