#pragma once

#include <cstdint>
#include <string_view>

namespace orderly::orderinfo {

/// FNV-1a, 64 bits (draft-eastlake-fnv): unlike std::hash the same in every release, so that it may
/// be stored and handed out. It tells contents apart, it protects nothing.
constexpr std::uint64_t fingerprint(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace orderly::orderinfo
