#include "audit/file_sum.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <stdexcept>
#include <system_error>

namespace orderly::audit {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} * 1024 * 1024;

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw std::runtime_error(
      fmt::format("{}: {}", file.string(), std::generic_category().message(errno)));
}

/// Closes a file with its scope.
struct Closing {
  int descriptor;
  ~Closing() { ::close(descriptor); }
};

}  // namespace

std::string sha256_of(const std::filesystem::path& file, const BytesProgress& progress) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(file);
  const Closing closing{descriptor};
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free);
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  std::string buffer(kPieceBytes, '\0');
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(file);
    if (got == 0) break;
    EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(got));
    progress(static_cast<std::uint64_t>(got));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  EVP_DigestFinal_ex(digest.get(), sum.data(), &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i)
    text += fmt::format("{:02x}", sum[i]);
  return text;
}

}  // namespace orderly::audit
