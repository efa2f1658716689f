#include "broker/filter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.hpp"
#include "broker/filter_text.hpp"

namespace orderly::broker {
namespace {

using Kind = Filter::Kind;
using Node = Filter::Node;
using Pairs = std::map<std::string, std::string>;

events::Attributes attributes(const Pairs& pairs) {
  events::Attributes made;
  for (const auto& [name, value] : pairs) {
    made.set(name, value);
  }
  return made;
}

bool matches(const std::string& text, const Pairs& pairs) {
  const auto filter = Filter::parse(text);
  EXPECT_TRUE(filter) << text << ": " << (filter ? "" : filter.error().message);
  return filter && filter->matches(attributes(pairs));
}

TEST(Filter, AsksWhetherAnAttributeIsThere) {
  EXPECT_TRUE(matches("attributes:domain", {{"domain", ""}}));
  EXPECT_FALSE(matches("attributes:domain", {{"Domain", "x"}}));
  EXPECT_TRUE(matches("attributes:\"a key.\"", {{"a key.", "x"}}));
}

TEST(Filter, ComparesValues) {
  EXPECT_TRUE(matches(R"(attributes.a = "v")", {{"a", "v"}}));
  EXPECT_FALSE(matches(R"(attributes.a = "v")", {{"a", "V"}}));
  EXPECT_FALSE(matches(R"(attributes.a="v")", {}));
  EXPECT_FALSE(matches(R"(attributes.a!="v")", {{"a", "v"}}));
  EXPECT_TRUE(matches(R"(attributes.a != "v")", {{"a", "w"}}));
  EXPECT_TRUE(matches(R"(attributes.a != "v")", {})) << "as NOT of the equality";
  EXPECT_TRUE(matches(R"(attributes."x y" = "")", {{"x y", ""}}));
  EXPECT_TRUE(matches(R"(attributes.order-id_1 = "7")", {{"order-id_1", "7"}}));
}

TEST(Filter, LooksAtPrefixes) {
  EXPECT_TRUE(matches(R"(hasPrefix(attributes.a, "co"))", {{"a", "com"}}));
  EXPECT_TRUE(matches(R"(hasPrefix ( attributes . a , "" ))", {{"a", "com"}}));
  EXPECT_FALSE(matches(R"(hasPrefix(attributes.a, "co"))", {{"a", "c"}}));
  EXPECT_FALSE(matches(R"(hasPrefix(attributes.a, ""))", {}));
}

TEST(Filter, JoinsAndNegates) {
  const Pairs both{{"a", "1"}, {"b", "2"}};
  EXPECT_TRUE(matches("attributes:a AND attributes:b", both));
  EXPECT_FALSE(matches("attributes:a AND attributes:b AND attributes:c", both));
  EXPECT_TRUE(matches("attributes:c OR attributes:d OR attributes:b", both));
  EXPECT_TRUE(matches("NOT attributes:c", both));
  EXPECT_TRUE(matches("-attributes:c", both));
  EXPECT_TRUE(matches("NOT -attributes:a", both));
  EXPECT_FALSE(matches("NOT attributes:c AND attributes:d", both)) << "NOT binds first";
  EXPECT_TRUE(matches("attributes:a AND (attributes:c OR attributes:b)", both));
  EXPECT_FALSE(matches("NOT (attributes:a OR attributes:c)", both));
}

TEST(Filter, ReadsEscapes) {
  EXPECT_TRUE(matches(R"(attributes.a = "\"\\\n\t\x41\101\u00fc\U0001F600")",
                      {{"a", "\"\\\n\tAA\xc3\xbc\xf0\x9f\x98\x80"}}));
}

TEST(Filter, NamesThePlaceOfAnError) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"", "character 1)"},
      {"attributes", "character 11)"},
      {"attributes.a", "character 13)"},
      {"attributes.a = v", "character 16)"},
      {"attributes.a = \"v", "character 16)"},
      {"attributes.a = \"\\q\"", "character 16)"},
      {"attributes.a = \"\\ud800\"", "character 16)"},
      {"attributes.a = \"\\777\"", "character 16)"},
      {"attributes: ", "character 13)"},
      {"attributes:a attributes:b", "character 14)"},
      {"attributes:a AND attributes:b OR attributes:c", "mixes AND and OR"},
      {"attributes:a and attributes:b", "character 14)"},
      {"(attributes:a", "closing parenthesis"},
      {"attributes:a)", "character 13)"},
      {"hasPrefix(attributes.a)", "comma"},
      {"hasPrefix(attributes:a, \"b\")", "character"},
      {"NOT", "character 4)"},
      {"attribute:a", "character 1)"},
      {"attributesx:a", "character 1)"},
      {std::string(33, '-') + "attributes:a", "nested too deeply"},
      {std::string(33, '(') + "attributes:a" + std::string(33, ')'), "nested too deeply"},
  };
  for (const auto& [text, expected] : wrong) {
    const auto filter = Filter::parse(text);
    ASSERT_FALSE(filter) << text;
    EXPECT_EQ(filter.error().field, "filter");
    EXPECT_NE(filter.error().message.find(expected), std::string::npos)
        << text << ": " << filter.error().message;
  }
}

TEST(Filter, IsBounded) {
  const std::string most = "attributes:" + std::string(kMaxFilterBytes - 11, 'a');
  EXPECT_TRUE(Filter::parse(most));
  EXPECT_FALSE(Filter::parse(most + "a"));
}

/// What a filter means, told a second time: by what it says of each comparison in turn.
bool means(const Node& node, const Pairs& pairs) {
  const auto found = pairs.find(node.key);
  const bool there = found != pairs.end();
  int holding = 0;
  for (const auto& operand : node.operands) {
    holding += means(operand, pairs) ? 1 : 0;
  }
  switch (node.kind) {
    case Kind::kHas:
      return there;
    case Kind::kEquals:
      return there && found->second == node.value;
    case Kind::kDiffers:
      return !(there && found->second == node.value);
    case Kind::kHasPrefix:
      return there && found->second.substr(0, node.value.size()) == node.value;
    case Kind::kNot:
      return holding == 0;
    case Kind::kAnd:
      return holding == static_cast<int>(node.operands.size());
    case Kind::kOr:
      return holding > 0;
  }
  return false;
}

rc::Gen<std::string> small_text() {
  return rc::gen::element<std::string>("", "a", "b", "ab", "\"", "\\n", "\n", "ü");
}

rc::Gen<Node> tree(int depth) {
  return rc::gen::exec([depth] {
    Node node;
    node.kind = *rc::gen::element(Kind::kHas, Kind::kEquals, Kind::kDiffers, Kind::kHasPrefix,
                                  Kind::kNot, Kind::kAnd, Kind::kOr);
    const bool is_leaf = depth == 0 || node.kind < Kind::kNot;
    if (is_leaf) {
      if (node.kind >= Kind::kNot) node.kind = Kind::kHas;
      node.key = *small_text();
      if (node.kind != Kind::kHas) node.value = *small_text();
      return node;
    }
    const int count = node.kind == Kind::kNot ? 1 : *rc::gen::inRange(2, 4);
    for (int i = 0; i < count; ++i) {
      node.operands.push_back(*tree(depth - 1));
    }
    return node;
  });
}

RC_GTEST_PROP(FilterProperties, PrintedIsTheSameFilter, ()) {
  const Filter filter(*tree(2));
  const std::string text = filter.to_string();
  RC_PRE(text.size() <= kMaxFilterBytes);
  const auto parsed = Filter::parse(text);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == filter);
}

RC_GTEST_PROP(FilterProperties, MatchesAsItMeans, ()) {
  const Node root = *tree(3);
  Pairs pairs;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    pairs[*small_text()] = *small_text();
  }
  RC_ASSERT(Filter(root).matches(attributes(pairs)) == means(root, pairs));
}

RC_GTEST_PROP(FilterProperties, SurvivesAnyText, ()) {
  const auto piece = rc::gen::oneOf(
      rc::gen::element<std::string>("attributes", ".", ":", "=", "!=", "\"", "AND", " OR ", "NOT ",
                                    "(", ")", "hasPrefix(", ",", "-", "\\", "a", "\\x4", "\\u12"),
      rc::gen::arbitrary<std::string>());
  std::string text;
  for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece)) {
    text += part;
  }
  const auto filter = Filter::parse(text);
  RC_ASSERT(filter.has_value() || filter.error().kind == ErrorKind::kInvalid);
  if (filter)
    RC_ASSERT(Filter::parse(filter->to_string()).has_value() ||
              filter->to_string().size() > kMaxFilterBytes);
}

RC_GTEST_PROP(FilterText, IsReadAsItWasWritten, (const std::string& value)) {
  const std::string quoted = filter_text::quote(value);
  const auto read = filter_text::unquote(quoted + "rest");
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->value == value);
  RC_ASSERT(read->size == quoted.size());
}

}  // namespace
}  // namespace orderly::broker
