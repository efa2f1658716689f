#include <cstdint>

#include "fuzz/target.hpp"

/// libFuzzer brings main() and calls these.
namespace {
orderly::fuzz::Target chosen = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  chosen = orderly::fuzz::chosen_target();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen({reinterpret_cast<const char*>(data), size});
  return 0;
}
