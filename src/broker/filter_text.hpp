#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The quoted texts of a filter.
namespace orderly::broker::filter_text {

struct Quoted {
  std::string value;
  std::size_t size = 0;  ///< of its source, with the quotes
};

/// The text in double quotes that `source` begins with, if it begins with one. Escapes as in C:
/// \a \b \f \n \r \t \v \\ \' \" \? \ooo \xhh \uhhhh \Uhhhhhhhh, the last two as UTF-8.
std::optional<Quoted> unquote(std::string_view source);

/// `value` as a source that unquote() reads.
std::string quote(std::string_view value);

/// Of a key that needs no quotes.
bool is_key_character(char c);

}  // namespace orderly::broker::filter_text
