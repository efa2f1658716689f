#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "warehouse/export.hpp"

namespace orderly::warehouse {

struct KeptExport {
  std::string name;
  ExportFormat format = ExportFormat::kParquet;
  std::uint64_t bytes = 0;
  UtcTime made_at;
};

/// An open file, closed with its last owner.
class ExportFile {
 public:
  /// Takes over `descriptor`.
  ExportFile(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}
  ~ExportFile();
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Blocks; any thread. Throws Unavailable where the bytes are not there.
  [[nodiscard]] std::string read(std::uint64_t offset, std::size_t size) const;

 private:
  int descriptor_;
  std::uint64_t size_;
};

struct OpenedExport {
  KeptExport kept;
  std::shared_ptr<const ExportFile> file;
};

struct ExportBounds {
  std::size_t count = kMaxExports;
  std::uint64_t bytes = kMaxExportBytes;
};

/// The folder of the exports that are kept: NAME.parquet and NAME.csv, and nothing else is ever
/// shown or removed. Names are export names (export_json.hpp). Throws Unavailable where the folder
/// cannot be read or written.
class ExportFolder {
 public:
  /// Removes what a process that died has left unfinished. The folder is made when it is first
  /// written to.
  explicit ExportFolder(std::filesystem::path folder, ExportBounds bounds = {});

  /// Newest first.
  [[nodiscard]] std::vector<KeptExport> list() const;
  [[nodiscard]] std::optional<OpenedExport> open(std::string_view name) const;
  /// False: there is none.
  bool remove(std::string_view name);

  /// Where an export of that name goes.
  [[nodiscard]] std::filesystem::path prepare(std::string_view name, ExportFormat format);
  /// Ends what prepare() began: with `made`, the oldest others go that are beyond the bounds;
  /// without, so does what is unfinished.
  void finish(const std::filesystem::path& file, bool made);

 private:
  [[nodiscard]] std::optional<KeptExport> find(std::string_view name) const;
  [[nodiscard]] std::filesystem::path path_of(std::string_view name, ExportFormat format) const;

  std::filesystem::path folder_;
  ExportBounds bounds_;
};

}  // namespace orderly::warehouse
