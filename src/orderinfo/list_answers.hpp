#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace orderly::orderinfo {

/// Answers to lists, to be given again for as long as nothing has changed in them: a customer's
/// rows lie all over the read model, and most who look at their orders have looked before.
///
/// Which version an answer belongs to is ReadModel::list_version(), read before the list. What has
/// not been asked for in the last half of the memory goes first. One thread.
class ListAnswers {
 public:
  static constexpr std::size_t kDefaultMemory = 96UL * 1024 * 1024;
  static constexpr std::size_t kMaxQuestion = 512;
  static constexpr std::size_t kMaxAnswer = 64UL * 1024;

  /// `memory`: bytes that questions and answers take at most.
  explicit ListAnswers(std::size_t memory = kDefaultMemory) : memory_(memory) {}

  /// Null where it is not known, or belongs to another version. Valid until the next call.
  [[nodiscard]] const std::string* find(std::string_view question, std::uint64_t version);
  /// Larger ones than kMaxQuestion and kMaxAnswer are not kept.
  void keep(std::string_view question, std::uint64_t version, std::string_view answer);
  [[nodiscard]] std::size_t bytes() const { return young_.bytes + old_.bytes; }

 private:
  struct Answer {
    std::uint64_t version = 0;
    std::string body;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Generation {
    std::unordered_map<std::string, Answer, Hash, std::equal_to<>> answers;
    std::size_t bytes = 0;
  };

  const std::string* put(std::string question, Answer answer);

  std::size_t memory_;
  Generation young_;
  Generation old_;
};

}  // namespace orderly::orderinfo
