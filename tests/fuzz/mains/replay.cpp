#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "fuzz/target.hpp"

/// Runs the chosen target once over each file that is named, as libFuzzer does, and is built in
/// seconds.
int main(int argc, char** argv) {
  const orderly::fuzz::Target target = orderly::fuzz::chosen_target();
  const auto names = std::span(argv, static_cast<std::size_t>(argc)).subspan(1);
  for (const char* const name : names) {
    std::ifstream file(name, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    orderly::fuzz::expect(!file.bad() && file.is_open(), "an input can be read");
    std::printf("%s\n", name);
    std::fflush(stdout);
    target(input);
  }
  return names.empty() ? 2 : 0;
}
