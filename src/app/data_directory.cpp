#include "app/data_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace orderly::app {
namespace {

std::string reason() { return std::generic_category().message(errno); }

void create_private(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw std::runtime_error(
        fmt::format("cannot make the data directory {}: {}", path.string(), reason()));
  }
}

}  // namespace

DataDirectory::DataDirectory(const std::filesystem::path& path)
    : path_(std::filesystem::absolute(path).lexically_normal()) {
  create_private(path_);
  const std::string lock_file = file("lock");
  lock_ = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    throw std::runtime_error(
        fmt::format("cannot write to the data directory {}: {}", path_.string(), reason()));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw std::runtime_error(
        fmt::format("the data directory {} is in use by another orderly process; stop it or choose "
                    "another directory with --data",
                    path_.string()));
  }
}

DataDirectory::~DataDirectory() { ::close(lock_); }

}  // namespace orderly::app
