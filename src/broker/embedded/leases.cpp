#include "broker/embedded/leases.hpp"

#include <charconv>

#include "base/check.hpp"

namespace orderly::broker {
namespace {

constexpr std::size_t kDigits = 16;  // of one number in an id

void append_hex(std::uint64_t value, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t digit = kDigits; digit-- > 0;)
    out += kHex[value >> (4 * digit) & 0xfU];
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Leases::grant(Position position, SteadyTime deadline, Random& random) {
  const Lease lease{.secret = {random.next(), random.next()}, .deadline = deadline};
  const auto [_, fresh] = leases_.emplace(position, lease);
  ORDERLY_CHECK(fresh, "a message is leased once at a time");
  deadlines_.emplace(deadline, position);
  std::string ack_id;
  ack_id.reserve(3 * kDigits);
  append_hex(static_cast<std::uint64_t>(position), ack_id);
  for (const auto part : lease.secret)
    append_hex(part, ack_id);
  return ack_id;
}

std::optional<Position> Leases::find(std::string_view ack_id) const {
  if (ack_id.size() != 3 * kDigits) return std::nullopt;
  const auto position = read_hex(ack_id.substr(0, kDigits));
  const auto high = read_hex(ack_id.substr(kDigits, kDigits));
  const auto low = read_hex(ack_id.substr(2 * kDigits));
  if (!position || !high || !low) return std::nullopt;
  const auto lease = leases_.find(static_cast<Position>(*position));
  if (lease == leases_.end() || lease->second.secret != std::array{*high, *low}) {
    return std::nullopt;
  }
  return lease->first;
}

void Leases::extend(Position position, SteadyTime deadline) {
  Lease& lease = leases_.at(position);
  if (lease.acknowledged_early) return;
  deadlines_.erase({lease.deadline, position});
  lease.deadline = deadline;
  deadlines_.emplace(deadline, position);
}

void Leases::end(Position position) {
  const auto lease = leases_.find(position);
  ORDERLY_CHECK(lease != leases_.end(), "only what is leased can be ended");
  deadlines_.erase({lease->second.deadline, position});
  leases_.erase(lease);
}

void Leases::clear() {
  leases_.clear();
  deadlines_.clear();
}

void Leases::acknowledge_early(Position position) {
  Lease& lease = leases_.at(position);
  lease.acknowledged_early = true;
  deadlines_.erase({lease.deadline, position});
}

bool Leases::is_acknowledged_early(Position position) const {
  const auto lease = leases_.find(position);
  return lease != leases_.end() && lease->second.acknowledged_early;
}

std::vector<Position> Leases::positions() const {
  std::vector<Position> positions;
  positions.reserve(leases_.size());
  for (const auto& [position, _] : leases_) {
    positions.push_back(position);
  }
  return positions;
}

std::optional<SteadyTime> Leases::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::optional<Position> Leases::overdue(SteadyTime now) const {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  return deadlines_.begin()->second;
}

}  // namespace orderly::broker
