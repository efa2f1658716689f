#include "warehouse/process/frame_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace orderly::warehouse::process {
namespace {

namespace asio = boost::asio;

auto quietly() { return asio::as_tuple(asio::use_awaitable); }

}  // namespace

FrameStream::FrameStream(runtime::EventLoop& loop, int descriptor)
    : socket_(loop.executor(), asio::local::stream_protocol(), descriptor), tasks_(loop) {}

runtime::Task<Frame> FrameStream::read() {
  Header header{};
  const auto [header_error, header_size] =
      co_await asio::async_read(socket_, asio::buffer(header), quietly());
  if (header_error) throw Unavailable("the other end is gone: " + header_error.message());
  std::size_t size = 0;
  auto frame = decode_header(header, size);
  if (!frame) throw Unavailable(frame.error().message);
  frame->payload.resize(size);
  const auto [error, read] =
      co_await asio::async_read(socket_, asio::buffer(frame->payload), quietly());
  if (error) throw Unavailable("the other end is gone: " + error.message());
  co_return std::move(*frame);
}

void FrameStream::send(Frame frame) {
  outgoing_.push_back(std::move(frame));
  if (!std::exchange(sending_, true)) tasks_.spawn("frame stream", send_queued());
}

runtime::Task<void> FrameStream::send_queued() {
  while (!outgoing_.empty()) {
    const Frame frame = std::move(outgoing_.front());
    outgoing_.pop_front();
    const Header header = encode_header(frame);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(header),
                                                    asio::buffer(frame.payload)};
    const auto [error, sent] = co_await asio::async_write(socket_, buffers, quietly());
    if (error) outgoing_.clear();
  }
  sending_ = false;
}

void FrameStream::close() {
  boost::system::error_code ignored;
  outgoing_.clear();
  socket_.close(ignored);
}

}  // namespace orderly::warehouse::process
