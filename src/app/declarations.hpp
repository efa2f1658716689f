#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace orderly::app {

/// A section `[KIND.NAME]` of a configuration file, which says that something of that name is to be
/// there: `[topic.audit]`.
struct Declaration {
  struct Key {
    std::string name;                 ///< as the flag of the command that makes it, without dashes
    std::vector<std::string> values;  ///< of an array its elements
  };

  std::string kind;
  std::string name;
  std::vector<Key> keys;
};

/// All of a file, in its order.
struct Declarations {
  std::string file;  ///< for messages
  std::vector<Declaration> sections;

  [[nodiscard]] std::vector<Declaration> of(const std::string& kind) const;
  /// `FILE: [KIND.NAME] KEY`, for messages; without a key it ends after the section.
  [[nodiscard]] std::string place(const Declaration& section, const std::string& key = {}) const;
};

/// The kinds there are.
inline constexpr std::array<std::string_view, 3> kDeclaredKinds{"job", "topic", "subscription"};

}  // namespace orderly::app
