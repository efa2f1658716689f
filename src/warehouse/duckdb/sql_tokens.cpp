#include "warehouse/duckdb/sql_tokens.hpp"

#include <cctype>
#include <utility>

namespace orderly::warehouse::duckdb {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_tag(char c) { return starts_word(c) || is_digit(c); }
bool continues_word(char c) { return continues_tag(c) || c == '$'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  Result<std::vector<Token>> scan() {
    // In a comment, too: DuckDB's C API takes text to its first NUL only.
    if (sql_.contains('\0')) return hidden("a NUL character");
    while (at_ < sql_.size()) {
      if (auto step = scan_one(); !step) return std::unexpected(step.error());
    }
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }

  static std::unexpected<Error> unterminated(std::string_view what) {
    return invalid("query", "Parser Error: unterminated " + std::string(what), "invalid_sql");
  }
  static std::unexpected<Error> hidden(std::string_view what) {
    return invalid("query", std::string(what) + " cannot be used here", "forbidden_sql");
  }

  Result<void> scan_one() {
    const char c = peek();
    if (is_space(c)) {
      ++at_;
      return {};
    }
    if (c == '-' && peek(1) == '-') return skip_line_comment();
    if (c == '/' && peek(1) == '*') return skip_block_comment();
    if (c == '\'') return scan_string(false);
    if (c == '"') return scan_quoted_word();
    if (c == '$' && (peek(1) == '$' || starts_word(peek(1)))) return scan_dollar_string();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return scan_number();
    if (starts_word(c)) return scan_word();
    tokens_.push_back({Token::Kind::kSymbol, std::string(1, c)});
    ++at_;
    return {};
  }

  Result<void> skip_line_comment() {
    while (at_ < sql_.size() && peek() != '\n' && peek() != '\r')
      ++at_;
    return {};
  }

  Result<void> skip_block_comment() {
    int depth = 0;  // PostgreSQL's comments nest
    do {
      if (at_ >= sql_.size()) return unterminated("/* comment");
      if (peek() == '/' && peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (peek() == '*' && peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0);
    return {};
  }

  void add_string(std::string_view text) {
    if (!tokens_.empty() && tokens_.back().kind == Token::Kind::kString) {
      tokens_.back().text += lower(text);
    } else {
      tokens_.push_back({Token::Kind::kString, lower(text)});
    }
  }

  /// At the quote. With `escapes` a backslash takes the next character along.
  Result<void> scan_string(bool escapes) {
    std::string text;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (peek() == '\'') {
        ++at_;
        if (peek() != '\'') {
          add_string(text);
          return {};
        }
      } else if (escapes && peek() == '\\') {
        ++at_;
        if (peek() == 'x' || peek() == 'u' || peek() == 'U' || is_digit(peek())) {
          return hidden("a character written as an escaped number");
        }
      }
      if (at_ < sql_.size()) text += peek();
    }
    return unterminated("quoted string");
  }

  Result<void> scan_quoted_word() {
    std::string text;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (peek() == '"') {
        ++at_;
        if (peek() != '"') {
          tokens_.push_back({Token::Kind::kWord, lower(text), true});
          return {};
        }
      }
      if (at_ < sql_.size()) text += peek();
    }
    return unterminated("quoted identifier");
  }

  Result<void> scan_dollar_string() {
    std::size_t end = at_ + 1;
    while (end < sql_.size() && continues_tag(sql_[end]))
      ++end;
    if (end >= sql_.size() || sql_[end] != '$') {  // not a string but a parameter's name
      tokens_.push_back({Token::Kind::kSymbol, "$"});
      ++at_;
      return {};
    }
    const std::string_view tag = sql_.substr(at_, end + 1 - at_);
    const std::size_t close = sql_.find(tag, end + 1);
    if (close == std::string_view::npos) return unterminated("dollar-quoted string");
    add_string(sql_.substr(end + 1, close - end - 1));
    at_ = close + tag.size();
    return {};
  }

  /// Ends where a word may begin: `1from t` is a number and a word.
  Result<void> scan_number() {
    const std::size_t start = at_;
    const auto digits = [this] {
      while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1))))
        ++at_;
    };
    digits();
    if (peek() == '.') {
      ++at_;
      digits();
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      at_ += 1 + sign;
      digits();
    }
    tokens_.push_back({Token::Kind::kNumber, std::string(sql_.substr(start, at_ - start))});
    return {};
  }

  Result<void> scan_word() {
    const std::size_t start = at_;
    while (at_ < sql_.size() && continues_word(peek()))
      ++at_;
    std::string word = lower(sql_.substr(start, at_ - start));
    if (word == "e" && peek() == '\'') return scan_string(true);
    if (word == "u" && peek() == '&' && (peek(1) == '\'' || peek(1) == '"')) {
      return hidden("U& text");
    }
    tokens_.push_back({Token::Kind::kWord, std::move(word)});
    return {};
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view sql) { return Scanner(sql).scan(); }

}  // namespace orderly::warehouse::duckdb
