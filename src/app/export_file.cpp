#include "app/export_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace orderly::app {
namespace {

constexpr std::array kEndings = {SIGINT, SIGTERM, SIGHUP};
constexpr mode_t kReadableByAll = 0666;

/// What a signal's handler may use: the name of what is unfinished, empty where nothing is.
std::array<char, PATH_MAX> unfinished_name{};

extern "C" void remove_and_end(int signal) {
  if (unfinished_name[0] != '\0') ::unlink(unfinished_name.data());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

[[noreturn]] void fail(const std::string& path) {
  throw std::runtime_error(
      fmt::format("cannot write {}: {}", path, std::generic_category().message(errno)));
}

void guard(const std::string& name) {
  if (name.size() >= unfinished_name.size()) return;
  name.copy(unfinished_name.data(), name.size());
  for (const int signal : kEndings)
    std::signal(signal, remove_and_end);
}

void unguard() {
  for (const int signal : kEndings)
    std::signal(signal, SIG_DFL);
  unfinished_name.fill('\0');
}

}  // namespace

ExportedFile::ExportedFile(std::string path)
    : path_(std::move(path)), unfinished_(path_ + ".XXXXXX") {
  std::error_code ignored;
  if (std::filesystem::is_directory(path_, ignored)) {
    throw std::runtime_error(fmt::format("cannot write {}: it is a folder", path_));
  }
  descriptor_ = ::mkostemp(unfinished_.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail(path_);
  guard(unfinished_);
  // As any other file of the user's: mkostemp makes it readable by nobody else.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor_, kReadableByAll & ~mask);
}

ExportedFile::~ExportedFile() {
  ::close(descriptor_);
  if (!published_) ::unlink(unfinished_.c_str());
  unguard();
}

void ExportedFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void ExportedFile::publish() {
  if (::fsync(descriptor_) != 0) fail(path_);
  if (::rename(unfinished_.c_str(), path_.c_str()) != 0) fail(path_);
  published_ = true;
  const auto parent = std::filesystem::absolute(path_).parent_path();
  const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;  // a folder that may be written to and not read
  ::fsync(folder);
  ::close(folder);
}

}  // namespace orderly::app
