#include "base/trace.hpp"

#include <cstdint>
#include <span>

namespace orderly {
namespace {

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const std::byte byte : bytes) {
    out += kDigits[std::to_integer<unsigned>(byte >> 4U)];
    out += kDigits[std::to_integer<unsigned>(byte & std::byte{15})];
  }
}

bool read_hex(std::string_view text, std::span<std::byte> out) {
  for (std::size_t i = 0; i < out.size() * 2; ++i) {
    const char c = text[i];
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) return false;
    out[i / 2] = (out[i / 2] << 4U) | static_cast<std::byte>(value);
  }
  return true;
}

void fill(std::span<std::byte> out, Random& random) {
  for (std::size_t i = 0; i < out.size(); i += 8) {
    const std::uint64_t word = random.next() | 1U;  // never all zero
    for (std::size_t j = 0; j < 8; ++j)
      out[i + j] = static_cast<std::byte>(word >> (8 * j));
  }
}

}  // namespace

std::string TraceContext::to_string() const {
  if (empty()) return {};
  std::string out;
  out.reserve(55);
  out += "00-";
  append_hex(out, trace_id);
  out += '-';
  append_hex(out, span_id);
  out += '-';
  append_hex(out, {&flags, 1});
  return out;
}

std::optional<TraceContext> TraceContext::parse(std::string_view text) {
  if (text.size() < 55 || text.starts_with("ff") || text[2] != '-' || text[35] != '-' ||
      text[52] != '-') {
    return std::nullopt;
  }
  // A later version may be longer; version 00 may not.
  if (text.starts_with("00") ? text.size() != 55 : text.size() > 55 && text[55] != '-') {
    return std::nullopt;
  }
  TraceContext context;
  std::byte version{};
  const bool read = read_hex(text.substr(0, 2), {&version, 1}) &&
                    read_hex(text.substr(3, 32), context.trace_id) &&
                    read_hex(text.substr(36, 16), context.span_id) &&
                    read_hex(text.substr(53, 2), {&context.flags, 1});
  if (!read || context.empty() || context.span_id == std::array<std::byte, 8>{}) {
    return std::nullopt;
  }
  return context;
}

TraceContext TraceContext::start(Random& random) {
  TraceContext context;
  fill(context.trace_id, random);
  fill(context.span_id, random);
  return context;
}

}  // namespace orderly
