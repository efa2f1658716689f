#include "warehouse/export_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "telemetry/log.hpp"
#include "warehouse/export_json.hpp"

namespace orderly::warehouse {
namespace {

[[noreturn]] void fail(const char* what, int error) {
  throw Unavailable(std::string(what) + ": " + std::generic_category().message(error));
}

UtcTime modified_at(const struct stat& status) {
  const auto since = std::chrono::seconds(status.st_mtim.tv_sec) +
                     std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return UtcTime(std::chrono::floor<UtcTime::duration>(since));
}

/// Nothing for a file that is no export.
std::optional<KeptExport> describe(const std::filesystem::path& path) {
  const std::string suffix = path.extension().string();
  const auto format = parse_export_format(suffix.empty() ? suffix : suffix.substr(1));
  const std::string name = path.stem().string();
  struct stat status{};
  if (!format || !is_export_name(name)) return std::nullopt;
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return KeptExport{.name = name,
                    .format = *format,
                    .bytes = static_cast<std::uint64_t>(status.st_size),
                    .made_at = modified_at(status)};
}

template <class Visit>
void for_each_path(const std::filesystem::path& folder, Visit visit) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return;
  if (error) fail("the exports cannot be read", error.value());
  for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    visit(entries->path());
    if (error) break;
  }
}

}  // namespace

ExportFile::~ExportFile() { ::close(descriptor_); }

std::string ExportFile::read(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const auto got = ::pread(descriptor_, bytes.data() + filled, size - filled,
                             static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("the export cannot be read", errno);
    if (got == 0) throw Unavailable("the export ends early");
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

ExportFolder::ExportFolder(std::filesystem::path folder, ExportBounds bounds)
    : folder_(std::filesystem::absolute(folder)), bounds_(bounds) {
  for_each_path(folder_, [](const std::filesystem::path& path) {
    if (path.extension() == kUnfinishedSuffix) ::unlink(path.c_str());
  });
}

std::filesystem::path ExportFolder::path_of(std::string_view name, ExportFormat format) const {
  std::string file(name);
  file.append(".").append(to_string(format));
  return folder_ / file;
}

std::vector<KeptExport> ExportFolder::list() const {
  std::vector<KeptExport> found;
  for_each_path(folder_, [&](const std::filesystem::path& path) {
    if (auto kept = describe(path)) found.push_back(std::move(*kept));
  });
  std::ranges::sort(found, [](const KeptExport& a, const KeptExport& b) {
    return std::pair(b.made_at, std::string_view(b.name)) <
           std::pair(a.made_at, std::string_view(a.name));
  });
  return found;
}

std::optional<KeptExport> ExportFolder::find(std::string_view name) const {
  if (!is_export_name(name)) return std::nullopt;
  for (const auto format : {ExportFormat::kParquet, ExportFormat::kCsv}) {
    if (auto kept = describe(path_of(name, format))) return kept;
  }
  return std::nullopt;
}

std::optional<OpenedExport> ExportFolder::open(std::string_view name) const {
  auto kept = find(name);
  if (!kept) return std::nullopt;
  const int file = ::open(path_of(name, kept->format).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0 && errno == ENOENT) return std::nullopt;
  if (file < 0) fail("the export cannot be opened", errno);
  const auto bytes = kept->bytes;
  return OpenedExport{std::move(*kept), std::make_shared<ExportFile>(file, bytes)};
}

bool ExportFolder::remove(std::string_view name) {
  const auto kept = find(name);
  if (!kept) return false;
  if (::unlink(path_of(name, kept->format).c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  fail("the export cannot be removed", errno);
}

std::filesystem::path ExportFolder::prepare(std::string_view name, ExportFormat format) {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    if (errno == ENOSPC || errno == EDQUOT) throw StorageFull("there is no room for exports");
    fail("the folder of the exports cannot be made", errno);
  }
  return path_of(name, format);
}

void ExportFolder::finish(const std::filesystem::path& file, bool made) {
  if (!made) {
    ::unlink((file.string() + std::string(kUnfinishedSuffix)).c_str());
    return;
  }
  const std::string newest = file.stem().string();
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  auto kept = list();
  // The one just made stands first, whatever the clock did meanwhile.
  const auto just_made = std::ranges::find(kept, newest, &KeptExport::name);
  if (just_made != kept.end()) std::rotate(kept.begin(), just_made, just_made + 1);
  for (const KeptExport& each : kept) {
    ++count;
    bytes += each.bytes;
    if (each.name == newest || (count <= bounds_.count && bytes <= bounds_.bytes)) continue;
    log::info("an old export is removed to make room", {{"export", each.name}});
    remove(each.name);
  }
}

}  // namespace orderly::warehouse
