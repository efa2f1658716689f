/// How often the disk can be asked to keep something, which is the floor of every durable answer:
/// 4 KiB and fdatasync, appended to a new file, then over what is there already; then a hundred a
/// second, where processors and disk go to sleep in between.
///
///     bench_sync_rate DIRECTORY SECONDS

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

#include "samples.hpp"

namespace {

using namespace orderly::bench;

constexpr std::size_t kBlock = 4096;

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : path_(path),
        descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) fail("open");
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }

  void write_block(off_t offset) const {
    static constexpr std::array<char, kBlock> kBytes{};
    if (::pwrite(descriptor_, kBytes.data(), kBlock, offset) != static_cast<ssize_t>(kBlock)) {
      fail("pwrite");
    }
    if (::fdatasync(descriptor_) != 0) fail("fdatasync");
  }

 private:
  [[noreturn]] static void fail(const char* call) {
    throw std::system_error(errno, std::generic_category(), call);
  }

  std::filesystem::path path_;
  int descriptor_;
};

constexpr auto kPause = std::chrono::milliseconds(10);

/// Blocks one after the other for so long, beginning again after `wrap` of them (0: never).
Samples measure(const File& file, double seconds, std::size_t wrap,
                Clock::duration pause = Clock::duration(0)) {
  Samples samples;
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    const std::size_t block = wrap == 0 ? samples.size() : samples.size() % wrap;
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
    const auto began = Clock::now();
    file.write_block(static_cast<off_t>(block * kBlock));
    samples.add(Clock::now() - began);
  }
  return samples;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: bench_sync_rate DIRECTORY SECONDS");
  const double seconds = std::atof(argv[2]) / 3;
  const File file(std::filesystem::path(argv[1]) / fmt::format("sync-rate-{}", ::getpid()));
  Samples append = measure(file, seconds, 0);
  Samples overwrite = measure(file, seconds, append.size());
  Samples paced = measure(file, seconds, append.size(), kPause);
  fmt::print(R"({{"append": {}, "overwrite": {}, "paced": {}, "append_rate": {:.1f}, )"
             R"("overwrite_rate": {:.1f}}})"
             "\n",
             append.to_json(), overwrite.to_json(), paced.to_json(),
             static_cast<double>(append.size()) / seconds,
             static_cast<double>(overwrite.size()) / seconds);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_sync_rate: {}\n", error.what());
  return 1;
}
