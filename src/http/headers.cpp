#include "http/headers.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace orderly::http {

void Headers::add(std::string_view name, std::string_view value) {
  const auto at = static_cast<std::uint32_t>(text_.size());
  const auto name_size = static_cast<std::uint32_t>(name.size());
  text_.reserve(text_.size() + name.size() + value.size() + 4);
  text_.append(name).append(": ");
  const std::size_t value_at = text_.size();
  text_.append(value);
  std::replace_if(
      text_.begin() + static_cast<std::ptrdiff_t>(value_at), text_.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  text_.append("\r\n");
  entries_.push_back({at, name_size, static_cast<std::uint32_t>(value_at),
                      static_cast<std::uint32_t>(value.size())});
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto [key, value] = at(i);
    if (equals_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  std::size_t found = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (equals_ignoring_case(at(i).first, name)) ++found;
  }
  return found;
}

std::pair<std::string_view, std::string_view> Headers::at(std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view text = text_;
  return {text.substr(entry.name_at, entry.name_size),
          text.substr(entry.value_at, entry.value_size)};
}

void Headers::clear() {
  text_.clear();
  entries_.clear();
}

}  // namespace orderly::http
