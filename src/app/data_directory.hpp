#pragma once

#include <filesystem>
#include <string>

namespace orderly::app {

/// The directory that holds every embedded store of a process. Made if it is missing (mode 0700);
/// locked against a second process for as long as this object lives. The lock is the kernel's
/// (flock), so a killed process leaves none behind.
class DataDirectory {
 public:
  /// Throws std::runtime_error saying what is wrong with `path` and what to do.
  explicit DataDirectory(const std::filesystem::path& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace orderly::app
