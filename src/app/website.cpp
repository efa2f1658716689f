#include "app/website.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "app/embedded_web.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "telemetry/log.hpp"

namespace orderly::app {
namespace {

namespace fs = std::filesystem;
using http::Request;
using http::Response;
using http::StaticFile;

/// Vite puts a hash of the content into the names below it.
constexpr std::string_view kHashedFiles = "assets/";

/// Calls `visit` with the path below `root` of each file, until it says that it has enough.
template <class Visit>
void walk(const fs::path& root, Visit visit) {
  std::error_code error;
  std::size_t count = 0;
  for (fs::recursive_directory_iterator file(root, error), end; !error && file != end;
       file.increment(error)) {
    if (++count > kMaxWebFiles) return;
    std::error_code ignored;
    if (fs::is_symlink(file->symlink_status(ignored))) {
      file.disable_recursion_pending();
      continue;
    }
    if (!file->is_regular_file(ignored)) continue;
    if (!visit(file->path().lexically_relative(root).generic_string(), file->path())) return;
  }
}

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMaxWebFileBytes || error) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// FNV-1a: for the ETags of files that their owner is working on.
std::string quick_hash(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : content)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}{:x}", hash, content.size());
}

}  // namespace

Website::Website() {
  for (const EmbeddedFile& file : embedded_web()) {
    embedded_.emplace(file.path, StaticFile{.content = file.content,
                                            .gzip = file.gzip,
                                            .brotli = file.brotli,
                                            .hash = std::string(file.hash),
                                            .immutable = file.path.starts_with(kHashedFiles)});
  }
}

Website::Website(fs::path directory) : directory_(std::move(directory)) {}

std::optional<StaticFile> Website::find(std::string_view path) const {
  if (!directory_.empty()) return read(path);
  const auto file = embedded_.find(path);
  if (file == embedded_.end()) return std::nullopt;
  return file->second;
}

std::optional<StaticFile> Website::read(std::string_view path) const {
  std::optional<StaticFile> found;
  walk(directory_, [&](const std::string& name, const fs::path& file) {
    if (name != path) return true;
    const auto content = std::make_shared<const std::string>(read_file(file));
    found = StaticFile{.content = *content,
                       .hash = quick_hash(*content),
                       .immutable = path.starts_with(kHashedFiles),
                       .owner = content};
    return false;
  });
  return found;
}

std::vector<std::string> Website::paths() const {
  std::vector<std::string> paths;
  paths.reserve(embedded_.size());
  for (const auto& [path, file] : embedded_)
    paths.push_back(path);
  if (!directory_.empty()) {
    walk(directory_, [&](std::string name, const fs::path&) {
      paths.push_back(std::move(name));
      return true;
    });
  }
  return paths;
}

namespace {

/// Nothing but what this server sends runs, loads, or frames a page.
void add_security_headers(Response& response) {
  static constexpr std::pair<std::string_view, std::string_view> kHeaders[] = {
      {"Content-Security-Policy",
       "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
       "frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "same-origin"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  };
  for (const auto& [name, value] : kHeaders)
    response.headers.add(name, value);
}

Response file_answer(const StaticFile& file, std::string_view path, const Request& request) {
  Response response = http::give_file(file, http::content_type_of(path), request);
  add_security_headers(response);
  return response;
}

runtime::Task<Response> give_page(const Website& website, std::string_view page,
                                  const Request& request) {
  if (const auto file = website.find(page)) co_return file_answer(*file, page, request);
  co_return http::problem(404, "web_not_built",
                          "The web application is not part of this build: web/dist was not there "
                          "when it was made. The API is described at /openapi.yaml.");
}

runtime::Task<Response> give_named(const Website& website, const Request& request) {
  const auto path = http::percent_decode(request.path());
  const std::string_view name = path ? std::string_view(*path).substr(1) : "";
  // Pages answer at their routes, which know who may see them.
  if (!name.ends_with(".html")) {
    if (const auto file = website.find(name)) co_return file_answer(*file, name, request);
  }
  co_return http::problem(404, "not_found", "There is nothing at this path.");
}

struct Page {
  std::string path;
  std::string_view file;
  bool whole_tree = true;
  bool loopback_only = false;
};

/// A file at the root that is not the build's own and would hide something else.
bool may_be_served(std::string_view name) {
  return name.find('/') == std::string_view::npos && name.find('.') != std::string_view::npos &&
         name.find_first_of("{}%") == std::string_view::npos && !name.ends_with(".html") &&
         name != "openapi.yaml";
}

}  // namespace

void add_web_routes(http::Router& router, const Website& website) {
  for (Page& page : std::vector<Page>{
           {.path = "/", .file = "index.html", .whole_tree = false},
           {.path = "/cart", .file = "index.html", .whole_tree = false},
           {.path = "/placed", .file = "index.html", .whole_tree = false},
           {.path = "/orders", .file = "index.html"},
           {.path = "/products", .file = "index.html"},
           {.path = "/docs", .file = "docs/index.html"},
           {.path = "/desk", .file = "desk/index.html", .loopback_only = true},
       }) {
    router.get(std::move(page.path),
               {.whole_tree = page.whole_tree, .loopback_only = page.loopback_only},
               [&website, file = page.file](const Request& request) {
                 return give_page(website, file, request);
               });
  }
  const auto named = [&website](const Request& request) { return give_named(website, request); };
  router.get("/assets", {.whole_tree = true}, named);
  for (const std::string& name : website.paths()) {
    if (may_be_served(name)) router.get("/" + name, {}, named);
  }
}

}  // namespace orderly::app
