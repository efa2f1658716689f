#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace orderly {

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

/// `text` as a value of `field`: 1…`max_bytes` bytes of valid UTF-8 without control characters
/// (U+0000–U+001F, U+007F–U+009F).
Result<void> check_text(std::string_view field, std::string_view text, std::size_t max_bytes);

/// RFC 4648 section 4, padded.
std::string base64_encode(std::string_view bytes);
/// Strict decoding of padded base64; the URL-safe alphabet is taken too, as Google's clients do.
std::optional<std::string> base64_decode(std::string_view text);
/// RFC 4648 section 5, without padding: for opaque tokens in URLs and headers.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

/// Appends `text` as the inside of a JSON string (RFC 8259), without the quotes. Bytes above 0x7f
/// pass through: give it valid UTF-8.
void append_json_escaped(std::string& out, std::string_view text);

/// A whole decimal number within int64, digits and an optional leading minus; nothing else.
std::optional<std::int64_t> parse_int64(std::string_view text);

/// ASCII only, as HTTP compares names.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace orderly
