#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace orderly::testing {

/// The text of a file under api/events, without the newline at its end.
inline std::string golden(const std::string& name) {
  const char* root = std::getenv("ORDERLY_SOURCE_DIR");
  const auto path = std::filesystem::path(root == nullptr ? "." : root) / "api/events" / name;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace orderly::testing
