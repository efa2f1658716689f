#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace orderly::audit {

/// Told of bytes read of a file.
using BytesProgress = std::function<void(std::uint64_t bytes)>;

/// SHA-256 of the file's content (FIPS 180-4), in hexadecimal. Blocks; any thread. Throws
/// std::runtime_error naming the file where it cannot be read.
std::string sha256_of(const std::filesystem::path& file, const BytesProgress& progress);

}  // namespace orderly::audit
