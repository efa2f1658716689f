#include "json/reader.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "json/parse_options.hpp"

namespace orderly::json {
namespace {

/// For a message; JSON lets a name be empty.
std::string title_of(std::string_view field) {
  return field.empty() ? "A field without a name" : std::string(field);
}

}  // namespace

/// Receives what Boost's parser finds and keeps the top level of it.
class FlatObjectHandler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  /// Reads in one pass what nearly every client sends: strings of ASCII without escapes, and whole
  /// numbers. Nothing for anything else, broken or not, which is the parser's; what is read here it
  /// reads the same way.
  static std::optional<FlatObject> read_plain(std::string_view body);

  explicit FlatObjectHandler(std::size_t body_size) {
    object_.text_.reserve(body_size);  // decoded text is never longer than its source
  }

  Result<FlatObject> finish() && {
    if (fault_) return std::unexpected(std::move(*fault_));
    return std::move(object_);
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return begin_nested(true); }
  bool on_object_end(std::size_t, Code&) { return end_nested(); }
  bool on_array_begin(Code&) { return begin_nested(false); }
  bool on_array_end(std::size_t, Code&) { return end_nested(); }

  bool on_key_part(Text part, std::size_t, Code&) { return append(part); }
  bool on_key(Text part, std::size_t size, Code&) {
    append(part);
    if (depth_ == 1) begin_field(size);
    return true;
  }
  bool on_string_part(Text part, std::size_t, Code&) { return append(part); }
  bool on_string(Text part, std::size_t size, Code&) {
    append(part);
    if (auto* field = set(FlatObject::Kind::kString)) {
      field->text_size = static_cast<std::uint32_t>(size);
      field->text_at = static_cast<std::uint32_t>(object_.text_.size() - size);
    }
    return true;
  }

  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(std::int64_t value, Text, Code&) {
    if (auto* field = set(FlatObject::Kind::kInteger)) field->number = value;
    return true;
  }
  bool on_uint64(std::uint64_t value, Text, Code&) {
    const bool fits = std::in_range<std::int64_t>(value);
    auto* field = set(fits ? FlatObject::Kind::kInteger : FlatObject::Kind::kHugeInteger);
    if (field != nullptr) field->number = static_cast<std::int64_t>(value);
    return true;
  }
  bool on_double(double, Text, Code&) {
    set(FlatObject::Kind::kReal);
    return true;
  }
  bool on_bool(bool value, Code&) {
    if (auto* field = set(FlatObject::Kind::kBoolean)) field->number = value ? 1 : 0;
    return true;
  }
  bool on_null(Code&) {
    set(FlatObject::Kind::kNull);
    return true;
  }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

 private:
  // Text below the top level is of no use to anybody.
  bool append(Text part) {
    if (depth_ == 1) object_.text_.append(part.data(), part.size());
    return true;
  }

  void begin_field(std::size_t name_size) {
    const std::string_view name =
        std::string_view(object_.text_).substr(object_.text_.size() - name_size);
    for (std::size_t i = 0; i < object_.count_; ++i) {
      if (object_.name(object_.fields_[i]) == name) {
        fail(kRepeatedField, title_of(name) + " comes more than once.", name);
      }
    }
    if (object_.count_ == kMaxFields) {
      fail(kTooManyFields, "The object has too many fields.", {});
      current_ = nullptr;
      return;
    }
    current_ = &object_.fields_[object_.count_++];
    current_->name_at = static_cast<std::uint32_t>(object_.text_.size() - name_size);
    current_->name_size = static_cast<std::uint32_t>(name_size);
  }

  /// The field that a value of the top level belongs to, or null.
  FlatObject::Field* set(FlatObject::Kind kind) {
    if (depth_ == 0) fail(kMalformedJson, "The body must be a JSON object.", {});
    if (depth_ != 1 || current_ == nullptr) return nullptr;
    current_->kind = kind;
    return current_;
  }

  bool begin_nested(bool is_object) {
    if (depth_ > 0 || !is_object) set(FlatObject::Kind::kNested);
    ++depth_;
    return true;
  }
  bool end_nested() {
    --depth_;
    return true;
  }

  void fail(std::string_view code, std::string message, std::string_view field) {
    if (fault_) return;
    fault_ = Error{ErrorKind::kInvalid, std::string(code), std::move(message), std::string(field)};
  }

  FlatObject object_;
  FlatObject::Field* current_ = nullptr;
  std::size_t depth_ = 0;
  std::optional<Error> fault_;
};

namespace {

/// Goes over a document; a member that gives nothing has found something that is not plain.
class PlainText {
 public:
  explicit PlainText(std::string_view text) : text_(text) {}

  bool take(char expected) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  /// The inside of a string, behind its first quote.
  std::optional<std::string_view> rest_of_string() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= 0x20 && text_[at_] < 0x7f && text_[at_] != '"' &&
           text_[at_] != '\\')
      ++at_;
    if (at_ == text_.size() || text_[at_] != '"') return std::nullopt;
    return text_.substr(begin, at_++ - begin);
  }

  std::optional<std::int64_t> natural_number() {
    skip_spaces();
    const std::size_t begin = at_;
    std::int64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (at_ - begin == kMaxDigits) return std::nullopt;
      value = value * 10 + (text_[at_] - '0');
    }
    const std::size_t digits = at_ - begin;
    if (digits == 0 || (digits > 1 && text_[begin] == '0')) return std::nullopt;
    return value;
  }

  bool at_end() {
    skip_spaces();
    return at_ == text_.size();
  }

 private:
  static constexpr std::size_t kMaxDigits = 18;  ///< never beyond int64

  void skip_spaces() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<FlatObject> FlatObjectHandler::read_plain(std::string_view body) {
  FlatObject object;
  object.text_ = body;
  const auto place = [&](std::string_view part) {
    return static_cast<std::uint32_t>(part.data() - body.data());
  };
  PlainText text(body);
  if (!text.take('{')) return std::nullopt;
  do {
    if (object.count_ == kMaxFields || !text.take('"')) return std::nullopt;
    const auto name = text.rest_of_string();
    if (!name || !text.take(':')) return std::nullopt;
    for (std::size_t i = 0; i < object.count_; ++i) {
      if (object.name(object.fields_[i]) == *name) return std::nullopt;
    }
    FlatObject::Field& field = object.fields_[object.count_++];
    field.name_at = place(*name);
    field.name_size = static_cast<std::uint32_t>(name->size());
    if (text.take('"')) {
      const auto value = text.rest_of_string();
      if (!value) return std::nullopt;
      field.kind = FlatObject::Kind::kString;
      field.text_at = place(*value);
      field.text_size = static_cast<std::uint32_t>(value->size());
    } else {
      const auto number = text.natural_number();
      if (!number) return std::nullopt;
      field.kind = FlatObject::Kind::kInteger;
      field.number = *number;
    }
  } while (text.take(','));
  if (!text.take('}') || !text.at_end()) return std::nullopt;
  return object;
}

Result<FlatObject> FlatObject::parse(std::string_view body) {
  if (auto plain = FlatObjectHandler::read_plain(body)) return std::move(*plain);
  boost::json::basic_parser<FlatObjectHandler> parser(strict_options(), body.size());
  boost::json::error_code error;
  const std::size_t used = parser.write_some(false, body.data(), body.size(), error);
  if (!error && used < body.size()) error = boost::json::error::extra_data;
  if (error) return std::unexpected(syntax_error(body, used, error));
  return std::move(parser.handler()).finish();
}

void FieldReader::fail(std::string_view name, std::string_view code, std::string message) {
  if (error_) return;
  error_ = Error{ErrorKind::kInvalid, std::string(code), std::move(message), std::string(name)};
}

const FlatObject::Field* FieldReader::take(std::string_view name) {
  for (std::size_t i = 0; i < object_.count_; ++i) {
    if (object_.name(object_.fields_[i]) != name) continue;
    taken_ |= 1U << i;
    return &object_.fields_[i];
  }
  return nullptr;
}

const FlatObject::Field* FieldReader::take_required(std::string_view name) {
  const auto* field = take(name);
  if (field == nullptr) fail(name, kMissingField, std::string(name) + " is missing.");
  return field;
}

std::optional<std::string_view> FieldReader::as_string(std::string_view name,
                                                       const FlatObject::Field* field) {
  if (field == nullptr) return std::nullopt;
  if (field->kind != FlatObject::Kind::kString) {
    fail(name, kWrongType, std::string(name) + " must be a string.");
    return std::nullopt;
  }
  return object_.text(*field);
}

std::optional<std::int64_t> FieldReader::as_int(std::string_view name,
                                                const FlatObject::Field* field, std::int64_t min,
                                                std::int64_t max) {
  if (field == nullptr) return std::nullopt;
  const bool huge = field->kind == FlatObject::Kind::kHugeInteger;
  if (field->kind != FlatObject::Kind::kInteger && !huge) {
    fail(name, kWrongType, std::string(name) + " must be a whole number.");
    return std::nullopt;
  }
  if (huge || field->number < min || field->number > max) {
    fail(name, kOutOfRange,
         std::string(name) + " must be between " + std::to_string(min) + " and " +
             std::to_string(max) + ".");
    return std::nullopt;
  }
  return field->number;
}

std::string_view FieldReader::required_string(std::string_view name) {
  return as_string(name, take_required(name)).value_or(std::string_view{});
}

std::optional<std::string_view> FieldReader::optional_string(std::string_view name) {
  return as_string(name, take(name));
}

std::int64_t FieldReader::required_int(std::string_view name, std::int64_t min, std::int64_t max) {
  return as_int(name, take_required(name), min, max).value_or(0);
}

std::optional<std::int64_t> FieldReader::optional_int(std::string_view name, std::int64_t min,
                                                      std::int64_t max) {
  return as_int(name, take(name), min, max);
}

std::optional<bool> FieldReader::optional_bool(std::string_view name) {
  const auto* field = take(name);
  if (field == nullptr) return std::nullopt;
  if (field->kind != FlatObject::Kind::kBoolean) {
    fail(name, kWrongType, std::string(name) + " must be true or false.");
    return std::nullopt;
  }
  return field->number != 0;
}

Result<void> FieldReader::finish() {
  // A misspelt field is the likelier reason why another one is missing, so it is told first.
  for (std::size_t i = 0; i < object_.count_; ++i) {
    if ((taken_ >> i & 1U) != 0) continue;
    const std::string_view name = object_.name(object_.fields_[i]);
    if (error_ && error_->code != kMissingField) break;
    return invalid(name, title_of(name) + " is not a known field.", std::string(kUnknownField));
  }
  if (error_) return std::unexpected(*error_);
  return {};
}

}  // namespace orderly::json
