#pragma once

#include <string>
#include <string_view>

namespace orderly::app {

/// A file of the user's that appears whole or not at all: written under another name beside it,
/// which is removed unless it is published, also when the process is ended by SIGINT, SIGTERM or
/// SIGHUP. One at a time. Throws std::runtime_error with a message for a person.
class ExportedFile {
 public:
  explicit ExportedFile(std::string path);
  ~ExportedFile();
  ExportedFile(const ExportedFile&) = delete;
  ExportedFile& operator=(const ExportedFile&) = delete;

  void append(std::string_view bytes);
  /// On the disk, in the place of what had that name.
  void publish();

 private:
  std::string path_;
  std::string unfinished_;
  int descriptor_ = -1;
  bool published_ = false;
};

}  // namespace orderly::app
