#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/router.hpp"
#include "http/static_file.hpp"

namespace orderly::app {

/// Files of a directory that is served (--web); more are not looked at.
inline constexpr std::size_t kMaxWebFiles = 10'000;
inline constexpr std::uintmax_t kMaxWebFileBytes = 64ULL * 1024 * 1024;

/// The files of the web application: those in this binary, or those of a directory as they are at
/// each request, for development. A path is only ever compared with the names that are there, so
/// none leads out of the directory; symbolic links are not followed. Any thread.
class Website {
 public:
  /// What is in this binary, which may be nothing.
  Website();
  explicit Website(std::filesystem::path directory);

  /// `path` is below the root, without a slash in front.
  [[nodiscard]] std::optional<http::StaticFile> find(std::string_view path) const;
  /// All paths.
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  [[nodiscard]] std::optional<http::StaticFile> read(std::string_view path) const;

  std::filesystem::path directory_;  ///< empty: what is in this binary
  std::map<std::string, http::StaticFile, std::less<>> embedded_;
};

/// The shop at `/` and its pages, the desk at /desk for callers on this machine, the API reference
/// at /docs, and the files that they load. Each application is one page that finds its way by
/// itself. Where the web application is not there, its pages say so (404 `web_not_built`).
/// `website` outlives the router.
void add_web_routes(http::Router& router, const Website& website);

}  // namespace orderly::app
