#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/letter_box.hpp"
#include "base/result.hpp"
#include "http/message.hpp"
#include "json/writer.hpp"

/// How dead letters and what is asked of them go over HTTP.
namespace orderly::app {

/// ?subscription=&code=&key=&since=&until=&page_size=&page_token=
struct ListLetters {
  std::string subscription;  ///< empty: none is named
  LetterFilter filter;
  std::int64_t after = 0;
  std::size_t limit = 0;
};
Result<ListLetters> parse_list_letters(const http::Request& request);

/// The body of a redrive: either `numbers`, or a filter (or `all`) with `after` and `limit`.
struct RedriveLetters {
  std::string subscription;
  std::vector<std::int64_t> numbers;  ///< empty: by the filter
  LetterFilter filter;
  std::int64_t after = 0;
  std::size_t limit = kMaxLettersAtOnce;
  bool dry_run = false;
};
Result<RedriveLetters> parse_redrive(std::string_view body);

/// The body of a drop: `numbers` alone, for nobody should drop by a filter.
struct DropLetters {
  std::string subscription;
  std::vector<std::int64_t> numbers;
};
Result<DropLetters> parse_drop(std::string_view body);

void write_letter(json::Writer& writer, const Letter& letter);
void write_detail(json::Writer& writer, const LetterDetail& detail, std::string_view subscription);
void write_results(json::Writer& writer, const std::vector<LetterResult>& results);
void write_standing(json::Writer& writer, std::string_view subscription,
                    const LetterBox::Standing& standing);

}  // namespace orderly::app
