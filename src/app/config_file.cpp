#include "app/config_file.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace orderly::app {
namespace {

/// CLI11 marks where a section begins and ends by items of these names.
constexpr const char* kSectionBegin = "++";
constexpr const char* kSectionEnd = "--";

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw CLI::ConfigError("--config: " + place + why);
}

/// The kind and the name of `[KIND.NAME]` or `[KIND."NAME"]`.
std::pair<std::string, std::string> split_section(const std::string& file,
                                                  const std::string& section) {
  const std::size_t dot = section.find('.');
  const std::string kind = section.substr(0, dot);
  if (std::ranges::find(kDeclaredKinds, kind) == kDeclaredKinds.end()) {
    refuse(file, ": [" + section + "] is not known");
  }
  std::string name = dot == std::string::npos ? "" : section.substr(dot + 1);
  const bool quoted = name.size() > 2 && name.front() == name.back() &&
                      (name.front() == '"' || name.front() == '\'');
  if (quoted) name = name.substr(1, name.size() - 2);
  if (name.empty() || (!quoted && name.find('.') != std::string::npos)) {
    refuse(file, ": [" + section + "] must be [" + kind + ".NAME], a name with dots in quotes");
  }
  return {kind, name};
}

/// The section that `item` stands in, made where it is new.
Declaration& section_of(Declarations& declarations, const CLI::ConfigItem& item) {
  auto [kind, name] = split_section(declarations.file, item.parents.front());
  for (auto& each : declarations.sections) {
    if (each.kind == kind && each.name == name) return each;
  }
  return declarations.sections.emplace_back(
      Declaration{.kind = std::move(kind), .name = std::move(name), .keys = {}});
}

void read_declaration(Declarations& declarations, const CLI::ConfigItem& item) {
  if (item.name == kSectionEnd) return;
  Declaration& section = section_of(declarations, item);
  if (item.name == kSectionBegin) return;
  const bool repeated =
      std::ranges::find(section.keys, item.name, &Declaration::Key::name) != section.keys.end();
  if (repeated) refuse(declarations.place(section, item.name), " comes twice");
  section.keys.push_back({.name = item.name, .values = item.inputs});
}

/// No text of TOML may have it (https://toml.io/en/v1.0.0#comment), so CLI11 finds no comments.
constexpr char kNoComment = '\x1e';

/// Where the comment of a line begins: at the first `#` outside of quotes. In double quotes a
/// backslash takes the next character's meaning.
std::size_t end_of_content(std::string_view line) {
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '"' && c == '\\') {
      ++i;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      return i;
    }
  }
  return line.size();
}

/// The text of `file` without comments: CLI11 would also cut values at a `#` inside quotes, and
/// expects no comment behind the name of a section.
std::stringstream read_text(const std::string& file) {
  std::ifstream in(file);
  if (!in) refuse(file, ": it cannot be read");
  std::stringstream text;
  for (std::string line; std::getline(in, line);)
    text << line.substr(0, end_of_content(line)) << '\n';
  return text;
}

/// CLI11's reader, which would split names at their dots, also inside quotes.
CLI::ConfigTOML reader() {
  CLI::ConfigTOML toml;
  toml.parentSeparator('\x1f');
  toml.comment(kNoComment);
  return toml;
}

void set(CLI::App& command, const std::string& name, const std::vector<std::string>& values,
         const std::string& place) {
  auto* const option = command.get_option_no_throw("--" + name);
  if (option == nullptr || !option->get_configurable()) refuse(place, name + " is not known");
  if (option->count() > 0) return;
  option->add_result(values);
  option->run_callback();
}

}  // namespace

std::vector<Declaration> Declarations::of(const std::string& kind) const {
  std::vector<Declaration> found;
  std::ranges::copy_if(sections, std::back_inserter(found),
                       [&](const Declaration& each) { return each.kind == kind; });
  return found;
}

std::string Declarations::place(const Declaration& section, const std::string& key) const {
  return file + ": [" + section.kind + "." + section.name + "]" + (key.empty() ? "" : " " + key);
}

Declarations read_config(CLI::App& command, const std::string& file) {
  Declarations declarations{.file = file, .sections = {}};
  if (file.empty()) return declarations;
  // CLI11 itself reads configuration files of the whole program only.
  auto text = read_text(file);
  for (const CLI::ConfigItem& item : reader().from_config(text)) {
    if (item.parents.empty()) {
      set(command, item.name, item.inputs, file + ": ");
    } else {
      read_declaration(declarations, item);
    }
  }
  return declarations;
}

void read_section(CLI::App& command, const Declarations& declarations, const Declaration& section) {
  for (const auto& [name, values] : section.keys) {
    try {
      set(command, name, values, declarations.place(section) + " ");
    } catch (const CLI::ConfigError&) {
      throw;
    } catch (const CLI::ParseError& error) {
      refuse(declarations.place(section, name), std::string(": ") + error.what());
    }
  }
}

}  // namespace orderly::app
