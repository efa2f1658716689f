#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace orderly::http {

/// Header fields in the order they came. Names compare without case. The text is kept as it goes
/// over the wire, so that an answer is written without walking the fields.
class Headers {
 public:
  /// Control characters in `value` become spaces: no value can end its line.
  void add(std::string_view name, std::string_view value);
  /// The first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::pair<std::string_view, std::string_view> at(std::size_t index) const;
  void clear();
  /// `Name: value\r\n` of every field.
  [[nodiscard]] std::string_view wire() const { return text_; }

 private:
  struct Entry {
    std::uint32_t name_at;
    std::uint32_t name_size;
    std::uint32_t value_at;
    std::uint32_t value_size;
  };

  std::string text_;
  boost::container::small_vector<Entry, 4> entries_;
};

}  // namespace orderly::http
