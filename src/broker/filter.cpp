#include "broker/filter.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "broker/broker.hpp"
#include "broker/filter_text.hpp"

namespace orderly::broker {
namespace {

using Kind = Filter::Kind;
using Node = Filter::Node;

/// Recursive descent over at most kMaxFilterBytes; the first error ends it.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> parse() {
    auto root = expression(0);
    if (!root) return root;
    skip_spaces();
    if (at_ != text_.size()) return failed("must end here, or go on with AND or OR");
    return root;
  }

 private:
  Result<Node> expression(std::size_t depth) {
    auto first = term(depth);
    if (!first) return first;
    std::optional<Kind> joint;
    Node joined{.kind = Kind::kAnd, .key = {}, .value = {}, .operands = {}};
    for (auto next = joint_word(); next; next = joint_word()) {
      if (joint && *joint != *next) return failed("mixes AND and OR, which needs parentheses");
      if (!joint) joined.operands.push_back(std::move(*first));
      joint = joined.kind = *next;
      auto operand = term(depth);
      if (!operand) return operand;
      joined.operands.push_back(std::move(*operand));
    }
    if (!joint) return first;
    return joined;
  }

  Result<Node> term(std::size_t depth) {
    if (depth >= kMaxFilterDepth) return failed("is nested too deeply");
    if (take("-") || take_word("NOT")) {
      auto operand = term(depth + 1);
      if (!operand) return operand;
      Node negated{.kind = Kind::kNot, .key = {}, .value = {}, .operands = {}};
      negated.operands.push_back(std::move(*operand));
      return negated;
    }
    if (take("(")) {
      auto inner = expression(depth + 1);
      if (inner && !take(")")) return failed("misses a closing parenthesis");
      return inner;
    }
    if (take_word("hasPrefix")) return prefix();
    return comparison();
  }

  Result<Node> prefix() {
    Node node{.kind = Kind::kHasPrefix, .key = {}, .value = {}, .operands = {}};
    if (!take("(") || !take_word("attributes") || !take(".")) {
      return failed("must go on with (attributes.KEY, \"PREFIX\")");
    }
    if (auto read = key(node.key); !read) return std::unexpected(std::move(read.error()));
    if (!take(",")) return failed("misses a comma and the prefix");
    if (auto read = value(node.value); !read) return std::unexpected(std::move(read.error()));
    if (!take(")")) return failed("misses a closing parenthesis");
    return node;
  }

  Result<Node> comparison() {
    Node node;
    if (!take_word("attributes")) {
      return failed("must have attributes:KEY, attributes.KEY or hasPrefix(…) here");
    }
    if (take(":")) {
      if (auto read = key(node.key); !read) return std::unexpected(std::move(read.error()));
      return node;
    }
    if (!take(".")) return failed("must go on with :KEY or .KEY");
    if (auto read = key(node.key); !read) return std::unexpected(std::move(read.error()));
    if (take("!=")) {
      node.kind = Kind::kDiffers;
    } else if (take("=")) {
      node.kind = Kind::kEquals;
    } else {
      return failed("must go on with = or !=");
    }
    if (auto read = value(node.value); !read) return std::unexpected(std::move(read.error()));
    return node;
  }

  Result<void> key(std::string& into) {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '"') return value(into);
    const auto end = std::find_if_not(text_.begin() + static_cast<std::ptrdiff_t>(at_), text_.end(),
                                      filter_text::is_key_character);
    into.assign(text_.begin() + static_cast<std::ptrdiff_t>(at_), end);
    if (into.empty()) return failed("must have a key here, quoted or of letters, digits, _ and -");
    at_ += into.size();
    return {};
  }

  Result<void> value(std::string& into) {
    skip_spaces();
    const auto read = filter_text::unquote(text_.substr(at_));
    if (!read) return failed("must have a text in double quotes here");
    into = read->value;
    at_ += read->size;
    return {};
  }

  std::optional<Kind> joint_word() {
    if (take_word("AND")) return Kind::kAnd;
    if (take_word("OR")) return Kind::kOr;
    return std::nullopt;
  }

  void skip_spaces() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_]))
      ++at_;
  }
  bool take(std::string_view sign) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  /// A word that does not go on.
  bool take_word(std::string_view word) {
    skip_spaces();
    const auto rest = text_.substr(at_);
    if (!rest.starts_with(word)) return false;
    if (rest.size() > word.size() && filter_text::is_key_character(rest[word.size()])) return false;
    at_ += word.size();
    return true;
  }
  [[nodiscard]] std::unexpected<Error> failed(const std::string& what) const {
    return invalid("filter", "filter " + what + " (character " + std::to_string(at_ + 1) + ")",
                   "invalid_filter");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool matches(const Node& node, const events::Attributes& attributes) {
  const auto holds = [&](const Node& operand) { return matches(operand, attributes); };
  switch (node.kind) {
    case Kind::kNot:
      return !holds(node.operands.front());
    case Kind::kAnd:
      return std::ranges::all_of(node.operands, holds);
    case Kind::kOr:
      return std::ranges::any_of(node.operands, holds);
    default:
      break;
  }
  const auto* value = attributes.find(node.key);
  if (node.kind == Kind::kDiffers) return value == nullptr || *value != node.value;
  if (value == nullptr) return false;
  if (node.kind == Kind::kEquals) return *value == node.value;
  return node.kind == Kind::kHas || value->starts_with(node.value);
}

void print(const Node& node, std::string& out);

void print_operand(const Node& node, std::string& out) {
  const bool is_joint = node.kind == Kind::kAnd || node.kind == Kind::kOr;
  if (is_joint) out += '(';
  print(node, out);
  if (is_joint) out += ')';
}

void print(const Node& node, std::string& out) {
  using filter_text::quote;
  switch (node.kind) {
    case Kind::kHas:
      out += "attributes:" + quote(node.key);
      return;
    case Kind::kEquals:
    case Kind::kDiffers:
      out += "attributes." + quote(node.key);
      out += (node.kind == Kind::kEquals ? " = " : " != ") + quote(node.value);
      return;
    case Kind::kHasPrefix:
      out += "hasPrefix(attributes." + quote(node.key) + ", " + quote(node.value) + ")";
      return;
    case Kind::kNot:
      out += "NOT ";
      print_operand(node.operands.front(), out);
      return;
    case Kind::kAnd:
    case Kind::kOr:
      for (std::size_t i = 0; i < node.operands.size(); ++i) {
        if (i > 0) out += node.kind == Kind::kAnd ? " AND " : " OR ";
        print_operand(node.operands[i], out);
      }
      return;
  }
}

}  // namespace

Result<Filter> Filter::parse(std::string_view text) {
  if (text.size() > kMaxFilterBytes) {
    return invalid("filter",
                   "filter must have at most " + std::to_string(kMaxFilterBytes) + " bytes",
                   "invalid_filter");
  }
  auto root = Parser(text).parse();
  if (!root) return std::unexpected(std::move(root.error()));
  return Filter(std::move(*root));
}

bool Filter::matches(const events::Attributes& attributes) const {
  return broker::matches(root_, attributes);
}

std::string Filter::to_string() const {
  std::string out;
  print(root_, out);
  return out;
}

}  // namespace orderly::broker
