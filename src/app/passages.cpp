#include "app/passages.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace orderly::app {
namespace {

bool continues(const Passage& newest, const Passage& next) {
  return newest.error.empty() && next.error.empty() && newest.epoch == next.epoch &&
         newest.attempt == next.attempt && next.first == newest.last + 1 &&
         next.ended - newest.began <= Passages::kSpan;
}

/// Cut where a character of UTF-8 begins.
std::string shortened(std::string text) {
  if (text.size() <= Passages::kMaxErrorBytes) return text;
  std::size_t end = Passages::kMaxErrorBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  return text;
}

}  // namespace

void Passages::record(std::string_view hop, Passage passage) {
  passage.error = shortened(std::move(passage.error));
  const std::lock_guard lock(mutex_);
  auto found = rings_.find(hop);
  if (found == rings_.end()) {
    if (rings_.size() >= kMaxHops) return;
    found = rings_.emplace(std::string(hop), Ring{}).first;
  }
  Ring& ring = found->second;
  ring.grown = true;
  if (!ring.passages.empty() && continues(ring.passages.back(), passage)) {
    ring.passages.back().last = passage.last;
    ring.passages.back().ended = passage.ended;
    return;
  }
  push(ring, std::move(passage));
}

void Passages::push(Ring& ring, Passage passage) {
  ring.passages.push_back(std::move(passage));
  if (ring.passages.size() <= kMaxPassages) return;
  ring.passages.pop_front();
  ring.saved -= std::min<std::size_t>(ring.saved, 1);
}

std::vector<Passage> Passages::find(std::string_view hop, const Uuid& epoch,
                                    Position position) const {
  const std::lock_guard lock(mutex_);
  std::vector<Passage> found;
  const auto ring = rings_.find(hop);
  if (ring == rings_.end()) return found;
  std::ranges::copy_if(ring->second.passages, std::back_inserter(found), [&](const auto& each) {
    return each.epoch == epoch && each.first <= position && position <= each.last;
  });
  return found;
}

std::vector<std::string> Passages::hops(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [hop, _] : rings_) {
    if (hop.starts_with(prefix)) names.push_back(hop);
  }
  return names;
}

std::vector<Passages::OfHop> Passages::take_unsaved() {
  const std::lock_guard lock(mutex_);
  std::vector<OfHop> unsaved;
  for (auto& [hop, ring] : rings_) {
    if (!std::exchange(ring.grown, false)) continue;
    for (std::size_t i = ring.saved; i < ring.passages.size(); ++i)
      unsaved.push_back({hop, ring.passages[i]});
    ring.saved = ring.passages.size() - 1;
  }
  return unsaved;
}

void Passages::restore(OfHop saved) {
  const std::lock_guard lock(mutex_);
  Ring& ring = rings_[saved.hop];
  push(ring, std::move(saved.passage));
  ring.saved = ring.passages.size();
}

}  // namespace orderly::app
