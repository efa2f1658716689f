#include "warehouse/process/frames.hpp"

#include <cstring>

namespace orderly::warehouse::process {
namespace {

constexpr std::size_t kKindAt = 4;
constexpr std::size_t kIdAt = 5;

void put_uuid(PayloadWriter& out, const Uuid& uuid) {
  for (const std::byte byte : uuid.bytes)
    out.number(static_cast<std::uint8_t>(byte));
}

Uuid take_uuid(PayloadReader& in) {
  Uuid uuid;
  for (std::byte& byte : uuid.bytes)
    byte = static_cast<std::byte>(in.number<std::uint8_t>());
  return uuid;
}

}  // namespace

Header encode_header(const Frame& frame) {
  Header header{};
  const auto size = static_cast<std::uint32_t>(frame.payload.size());
  std::memcpy(header.data(), &size, sizeof size);
  header[kKindAt] = static_cast<char>(frame.kind);
  std::memcpy(header.data() + kIdAt, &frame.id, sizeof frame.id);
  return header;
}

Result<Frame> decode_header(const Header& header, std::size_t& payload_size) {
  std::uint32_t size = 0;
  std::memcpy(&size, header.data(), sizeof size);
  Frame frame;
  std::memcpy(&frame.id, header.data() + kIdAt, sizeof frame.id);
  frame.kind = static_cast<FrameKind>(header[kKindAt]);
  if (size > kMaxPayload || frame.kind > FrameKind::kUnavailable) {
    return invalid("", "what came is no frame");
  }
  payload_size = size;
  return frame;
}

PayloadWriter& PayloadWriter::cursor(const Cursor& value) {
  put_uuid(*this, value.epoch);
  number(value.position);
  put_uuid(*this, value.event_id);
  return *this;
}

Cursor PayloadReader::cursor() {
  Cursor cursor;
  cursor.epoch = take_uuid(*this);
  cursor.position = number<Position>();
  cursor.event_id = take_uuid(*this);
  return cursor;
}

std::string_view PayloadReader::take(std::size_t size) {
  if (size > rest_.size()) throw Unavailable("a frame of the warehouse's engine ends early");
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

}  // namespace orderly::warehouse::process
