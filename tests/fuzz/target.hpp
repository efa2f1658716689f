#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

/// A parser that strangers reach, fed by libFuzzer (https://llvm.org/docs/LibFuzzer.html). All
/// targets are in one binary; ORDERLY_FUZZ says which one runs:
///
///     ORDERLY_FUZZ=cron build/asan/fuzz_targets FOLDER     (tools/fuzz does it)
///     ORDERLY_FUZZ=cron build/asan/fuzz_replay FILE...     (no more than these inputs)
namespace orderly::fuzz {

/// Takes any bytes. Crashing, a sanitizer's report and a broken expect() are findings.
using Target = void (*)(std::string_view input);

std::map<std::string_view, Target>& targets();

/// The one that ORDERLY_FUZZ names. Without such a one prints the names and ends the process.
Target chosen_target();

/// `static const Registered kDates("dates", [](std::string_view input) { … });`
struct Registered {
  Registered(std::string_view name, Target target) { targets()[name] = target; }
};

/// What must hold for every input; otherwise says `what` and ends the process.
void expect(bool holds, std::string_view what);

/// The text up to the first `separator` and what is behind it; without one, all and nothing.
inline std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

/// Whether JSON may have a field whose name is empty, which no refusal can tell.
inline bool has_nameless_field(std::string_view json) { return json.contains("\"\""); }

}  // namespace orderly::fuzz
