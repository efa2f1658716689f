#include "app/dead_letter_json.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "http/list_page.hpp"
#include "json/object_reader.hpp"

namespace orderly::app {
namespace {

constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int64_t>::max();

Result<std::optional<UtcTime>> time_parameter(const http::Query& query, std::string_view name) {
  const auto text = query.find(name);
  if (!text || text->empty()) return std::optional<UtcTime>{};
  const auto time = parse_rfc3339(*text);
  if (!time) return invalid(name, std::string(name) + " must be an RFC 3339 time.");
  return time;
}

std::vector<std::int64_t> read_numbers(json::ObjectReader& body) {
  std::vector<std::int64_t> numbers;
  const auto array = body.array("numbers", kMaxLettersAtOnce);
  if (!array) return numbers;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const auto number = array->at(i).as_int();
    if (!number || *number < 1) body.fail("numbers", "must hold whole numbers from 1 on");
    numbers.push_back(number.value_or(0));
  }
  if (numbers.empty()) body.fail("numbers", "must not be empty");
  return numbers;
}

void read_filter(json::ObjectReader& body, LetterFilter& filter) {
  filter.code = body.text("code");
  filter.key = body.text("key");
  filter.since = body.time("since");
  filter.until = body.time("until");
  filter.upto = body.integer("upto", 0, kMaxNumber);
}

bool is_set(const LetterFilter& filter) {
  return !filter.code.empty() || !filter.key.empty() || filter.since || filter.until;
}

std::string_view name_of(Letter::State state) {
  switch (state) {
    case Letter::State::kKept:
      return "kept";
    case Letter::State::kBlocking:
      return "blocking";
    case Letter::State::kRedriving:
      return "redriving";
  }
  return "kept";
}

void write_members(json::Writer& writer, const Letter& letter) {
  writer.member("number", letter.number);
  if (!letter.order_id.empty()) writer.member("order_id", letter.order_id);
  if (!letter.key.empty()) writer.member("key", letter.key);
  writer.member("since", format_rfc3339(letter.since))
      .member("code", letter.code)
      .member("reason", letter.reason)
      .member("attempts", letter.attempts)
      .member("attempted_at", format_rfc3339(letter.attempted_at))
      .member("state", name_of(letter.state));
}

void write_message(json::Writer& writer, const events::Message& message) {
  writer.begin_object()
      .member("messageId", message.message_id)
      .member("publishTime", format_rfc3339(message.publish_time))
      .member("data", base64_encode(message.data));
  if (!message.ordering_key.empty()) writer.member("orderingKey", message.ordering_key);
  writer.key("attributes").begin_object();
  for (const auto& [name, value] : message.attributes.pairs())
    writer.member(name, value);
  writer.end_object().end_object();
}

}  // namespace

Result<ListLetters> parse_list_letters(const http::Request& request) {
  auto query = request.query();
  if (!query) return std::unexpected(std::move(query.error()));
  ListLetters list;
  list.subscription = query->find("subscription").value_or("");
  list.filter.code = query->find("code").value_or("");
  list.filter.key = query->find("key").value_or("");
  const auto size = query->optional_int("page_size", 1, static_cast<std::int64_t>(http::kMaxPage));
  if (auto read = query->finish(); !read) return std::unexpected(std::move(read.error()));
  list.limit = static_cast<std::size_t>(size.value_or(http::kDefaultPage));
  auto since = time_parameter(*query, "since");
  if (!since) return std::unexpected(std::move(since.error()));
  list.filter.since = *since;
  auto until = time_parameter(*query, "until");
  if (!until) return std::unexpected(std::move(until.error()));
  list.filter.until = *until;
  const auto token = query->find("page_token").value_or("");
  const auto after = token.empty() ? std::optional<std::int64_t>(0) : parse_int64(token);
  if (!after || *after < 0) {
    return invalid("page_token", "page_token must be the next_page_token of a page.",
                   "invalid_field");
  }
  list.after = *after;
  return list;
}

Result<RedriveLetters> parse_redrive(std::string_view text) {
  const auto document = json::parse_document(text);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> error;
  json::ObjectReader body(*document, "", error);
  RedriveLetters redrive;
  redrive.subscription = body.text("subscription");
  redrive.numbers = read_numbers(body);
  read_filter(body, redrive.filter);
  const bool all = body.boolean("all").value_or(false);
  redrive.after = body.integer("after", 0, kMaxNumber).value_or(0);
  redrive.limit = static_cast<std::size_t>(
      body.integer("limit", 1, kMaxLettersAtOnce).value_or(kMaxLettersAtOnce));
  redrive.dry_run = body.boolean("dry_run").value_or(false);
  body.refuse_rest();
  const int ways =
      (redrive.numbers.empty() ? 0 : 1) + (all ? 1 : 0) + (is_set(redrive.filter) ? 1 : 0);
  if (!error && ways != 1) {
    return invalid("numbers",
                   "Name the letters in one way: numbers, or code, key, since and until, or all.");
  }
  if (error) return std::unexpected(std::move(*error));
  return redrive;
}

Result<DropLetters> parse_drop(std::string_view text) {
  const auto document = json::parse_document(text);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> error;
  json::ObjectReader body(*document, "", error);
  DropLetters drop;
  drop.subscription = body.text("subscription");
  drop.numbers = read_numbers(body);
  body.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  if (drop.numbers.empty()) return invalid("numbers", "numbers must name the letters.");
  return drop;
}

void write_letter(json::Writer& writer, const Letter& letter) {
  writer.begin_object();
  write_members(writer, letter);
  writer.end_object();
}

void write_detail(json::Writer& writer, const LetterDetail& detail, std::string_view subscription) {
  writer.begin_object().member("subscription", subscription);
  write_members(writer, detail.letter);
  const auto* const trace = detail.message.attributes.find(events::kTraceparentAttribute);
  constexpr std::size_t kTraceIdAt = 3;
  constexpr std::size_t kTraceIdBytes = 32;
  if (trace != nullptr && TraceContext::parse(*trace)) {
    writer.member("trace_id", trace->substr(kTraceIdAt, kTraceIdBytes));
  }
  writer.key("message");
  write_message(writer, detail.message);
  if (is_valid_utf8(detail.message.data)) writer.member("text", detail.message.data);
  writer.key("errors").begin_array();
  for (const auto& error : detail.errors) {
    writer.begin_object()
        .member("attempt", error.attempt)
        .member("at", format_rfc3339(error.at))
        .member("code", error.code)
        .member("reason", error.reason)
        .end_object();
  }
  writer.end_array().end_object();
}

void write_results(json::Writer& writer, const std::vector<LetterResult>& results) {
  writer.key("outcomes").begin_array();
  for (const auto& result : results) {
    writer.begin_object().member("number", result.number).member("outcome", result.outcome);
    if (!result.row.empty()) writer.key("row").raw(result.row);
    if (!result.code.empty()) writer.member("code", result.code);
    if (!result.reason.empty()) writer.member("reason", result.reason);
    writer.end_object();
  }
  writer.end_array();
}

void write_standing(json::Writer& writer, std::string_view subscription,
                    const LetterBox::Standing& standing) {
  writer.begin_object()
      .member("name", subscription)
      .member("kind", standing.kind)
      .member("dead_letters", standing.letters)
      .member("limit", standing.limit)
      .key("oldest_at");
  standing.oldest ? writer.string(format_rfc3339(*standing.oldest)) : writer.null();
  writer.member("full", standing.letters >= standing.limit)
      .member("dry_run", standing.rehearses)
      .member("blocks_keys", standing.blocks_keys)
      .member("keys_waiting", standing.keys_waiting)
      .member("messages_waiting", standing.messages_waiting)
      .end_object();
}

}  // namespace orderly::app
