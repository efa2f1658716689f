#include "orderinfo/list_answers.hpp"

#include <utility>

namespace orderly::orderinfo {
namespace {

/// Of an entry, beside its texts.
constexpr std::size_t kEntryBytes = 128;

}  // namespace

const std::string* ListAnswers::find(std::string_view question, std::uint64_t version) {
  const auto young = young_.answers.find(question);
  if (young != young_.answers.end()) {
    return young->second.version == version ? &young->second.body : nullptr;
  }
  const auto old = old_.answers.find(question);
  if (old == old_.answers.end() || old->second.version != version) return nullptr;
  auto entry = old_.answers.extract(old);
  old_.bytes -= kEntryBytes + entry.key().size() + entry.mapped().body.size();
  return put(std::move(entry.key()), std::move(entry.mapped()));
}

void ListAnswers::keep(std::string_view question, std::uint64_t version, std::string_view answer) {
  if (question.size() > kMaxQuestion || answer.size() > kMaxAnswer) return;
  put(std::string(question), {version, std::string(answer)});
}

const std::string* ListAnswers::put(std::string question, Answer answer) {
  const std::size_t bytes = kEntryBytes + question.size() + answer.body.size();
  if (young_.bytes + bytes > memory_ / 2) old_ = std::exchange(young_, {});
  auto [entry, is_new] = young_.answers.try_emplace(std::move(question));
  if (is_new) {
    young_.bytes += bytes;
  } else {
    young_.bytes += answer.body.size();
    young_.bytes -= entry->second.body.size();
  }
  entry->second = std::move(answer);
  return &entry->second.body;
}

}  // namespace orderly::orderinfo
