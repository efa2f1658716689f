#include "json/parse_options.hpp"

#include <string>

#include "base/text.hpp"
#include "json/reader.hpp"

namespace orderly::json {

boost::json::parse_options strict_options() {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  options.allow_comments = false;
  options.allow_trailing_commas = false;
  options.allow_invalid_utf8 = false;
  return options;
}

Error syntax_error(std::string_view text, std::size_t used, const boost::json::error_code& error) {
  if (error == boost::json::error::too_deep) {
    return {ErrorKind::kInvalid, std::string(kTooDeep),
            "The JSON is nested deeper than " + std::to_string(kMaxDepth) + " levels.", ""};
  }
  const auto malformed = [](std::string message) {
    return Error{ErrorKind::kInvalid, std::string(kMalformedJson), std::move(message), ""};
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return malformed("The body is empty where JSON is expected.");
  }
  if (!is_valid_utf8(text)) return malformed("The body is not valid UTF-8.");
  if (error == boost::json::error::incomplete) return malformed("The JSON ends too early.");
  return malformed("The JSON is malformed at byte " + std::to_string(used) + ": " +
                   error.message() + ".");
}

}  // namespace orderly::json
