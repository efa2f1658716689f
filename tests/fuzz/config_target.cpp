#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <string>

#include "app/config_file.hpp"
#include "app/duration_flag.hpp"
#include "app/job_flags.hpp"
#include "fuzz/target.hpp"

namespace orderly::fuzz {
namespace {

/// A file without a place on any disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(::memfd_create("config", 0)) {
    while (!text.empty()) {
      const auto written = ::write(fd_, text.data(), text.size());
      expect(written > 0, "memory can be written");
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void read(const MemoryFile& file) {
  CLI::App command;
  std::string listen;
  unsigned minutes = 0;
  bool flag = false;
  command.add_option("--listen", listen);
  command.add_option("--audit-minutes", minutes)->check(CLI::Range(0, 1440));
  command.add_flag("--quiet", flag);
  const auto declarations = app::read_config(command, file.path());
  expect(minutes <= 1440, "what a flag checks is checked in a file");
  for (const auto& section : declarations.sections) {
    expect(!section.name.empty(), "a section has a name");
    CLI::App job;
    app::JobFlags flags;
    app::add_job_flags(job, flags);
    app::read_section(job, declarations, section);
  }
}

void config_files(std::string_view input) {
  const MemoryFile file(input);
  try {
    read(file);
  } catch (const CLI::ParseError& error) {
    expect(*error.what() != '\0', "a refusal says why");
  }
  std::string duration(input);
  app::to_json_duration(duration);
}

const Registered kConfig("config_files", config_files);

}  // namespace
}  // namespace orderly::fuzz
