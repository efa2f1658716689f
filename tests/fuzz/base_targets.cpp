#include "base/dates.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"
#include "fuzz/target.hpp"
#include "json/reader.hpp"

namespace orderly::fuzz {
namespace {

void dates(std::string_view input) {
  if (const auto date = parse_date(input)) {
    expect(format_date(*date) == input, "a date is written as it was read");
  }
  if (const auto range = parse_date_prefix(input)) {
    expect(range->first <= range->last, "a range of dates is not empty");
    expect(format_date(range->first).starts_with(input.substr(0, 4)), "it is of that year");
  }
  if (const auto time = parse_rfc3339(input)) {
    const auto again = parse_rfc3339(format_rfc3339(*time));
    expect(again == time, "a time is read as it was written");
  }
}

void texts(std::string_view input) {
  if (const auto bytes = base64_decode(input)) {
    expect(base64_decode(base64_encode(*bytes)) == bytes, "base64 survives");
  }
  if (const auto bytes = base64url_decode(input)) {
    expect(base64url_decode(base64url_encode(*bytes)) == bytes, "base64url survives");
  }
  expect(base64_decode(base64_encode(input)) == input, "any bytes survive base64");
  expect(base64url_decode(base64url_encode(input)) == input, "any bytes survive base64url");
  if (const auto number = parse_int64(input)) {
    expect(parse_int64(std::to_string(*number)) == number, "a number survives");
  }
  if (!is_valid_utf8(input)) return;
  std::string json = R"({"text":")";
  append_json_escaped(json, input);
  json += "\"}";
  const auto object = json::FlatObject::parse(json);
  expect(object.has_value(), "escaped text is JSON");
  json::FieldReader fields(*object);
  expect(fields.required_string("text") == input, "text survives JSON");
  if (check_text("text", input, kMaxIdBytes)) {
    expect(!input.empty() && input.size() <= kMaxIdBytes, "ids are bounded");
  }
}

void traces(std::string_view input) {
  if (const auto trace = TraceContext::parse(input)) {
    expect(!trace->empty(), "a traceparent names a trace");
    expect(TraceContext::parse(trace->to_string()) == trace, "a trace survives");
  }
  if (const auto id = Uuid::parse(input)) {
    expect(id->to_string() == input, "a UUID is written as it was read");
  }
}

const Registered kDates("dates", dates);
const Registered kTexts("texts", texts);
const Registered kTraces("traces", traces);

}  // namespace
}  // namespace orderly::fuzz
