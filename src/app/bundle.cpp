#include "app/bundle.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <system_error>

#include "json/value.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxManifestBytes = std::size_t{1} * 1024 * 1024;

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw std::runtime_error(fmt::format("{}: {}", file.string(), why));
}

[[noreturn]] void fail(const fs::path& file) { fail(file, std::generic_category().message(errno)); }

void write_store(json::Writer& writer, const BundledStore& store) {
  writer.begin_object()
      .member("file", store.file)
      .member("store", store.store)
      .member("schema_version", store.schema_version);
  if (!store.epoch.is_nil()) writer.member("epoch", store.epoch.to_string());
  writer.member("position", store.position).key("cursors").begin_array();
  for (const BundledCursor& cursor : store.cursors) {
    writer.begin_object()
        .member("feed", cursor.feed)
        .member("epoch", cursor.place.epoch.to_string())
        .member("position", cursor.place.position)
        .member("event_id", cursor.place.event_id.to_string())
        .end_object();
  }
  writer.end_array().member("bytes", store.bytes).member("sha256", store.sha256).end_object();
}

/// Throws Error within parse_manifest.
struct Bad {
  std::string what;
};

std::string text_at(const json::Value& value, const char* key) {
  const auto text = value.string_at(key);
  if (!text) throw Bad{fmt::format("{} is missing or no text", key)};
  return std::string(*text);
}

std::int64_t number_at(const json::Value& value, const char* key) {
  const auto number = value.int_at(key);
  if (!number || *number < 0) throw Bad{fmt::format("{} is missing or no number", key)};
  return *number;
}

Uuid uuid_at(const json::Value& value, const char* key) {
  const auto id = Uuid::parse(text_at(value, key));
  if (!id) throw Bad{fmt::format("{} is no UUID", key)};
  return *id;
}

json::Value list_at(const json::Value& value, const char* key) {
  const auto list = value.find(key);
  if (!list || !list->is_array()) throw Bad{fmt::format("{} is missing or no list", key)};
  return *list;
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name != kManifestFile;
}

BundledStore read_store(const json::Value& value) {
  BundledStore store{.file = text_at(value, "file"), .store = text_at(value, "store")};
  if (!is_plain_name(store.file)) throw Bad{fmt::format("{} is no name of a file", store.file)};
  store.schema_version = static_cast<int>(number_at(value, "schema_version"));
  if (value.find("epoch")) store.epoch = uuid_at(value, "epoch");
  store.position = number_at(value, "position");
  const auto cursors = list_at(value, "cursors");
  for (std::size_t i = 0; i < cursors.size(); ++i) {
    const auto cursor = cursors.at(i);
    store.cursors.push_back(
        {text_at(cursor, "feed"),
         {uuid_at(cursor, "epoch"), number_at(cursor, "position"), uuid_at(cursor, "event_id")}});
  }
  store.bytes = static_cast<std::uint64_t>(number_at(value, "bytes"));
  store.sha256 = text_at(value, "sha256");
  return store;
}

Manifest read_manifest(const json::Value& value) {
  Manifest manifest{.version = text_at(value, "version"), .made_at = text_at(value, "made_at")};
  const auto services = list_at(value, "services");
  for (std::size_t i = 0; i < services.size(); ++i) {
    manifest.services.emplace_back(services.at(i).as_string().value_or(""));
  }
  const auto stores = list_at(value, "stores");
  std::set<std::string> files;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    manifest.stores.push_back(read_store(stores.at(i)));
    const auto& file = manifest.stores.back().file;
    if (!files.insert(file).second) throw Bad{fmt::format("{} is there twice", file)};
  }
  return manifest;
}

std::string read_small_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path, "it cannot be read; is this a backup?");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > kMaxManifestBytes) fail(path, "it is too large to be a manifest");
  return text;
}

struct CloseFile {
  int descriptor;
  ~CloseFile() { ::close(descriptor); }
};

}  // namespace

std::string encode(const Manifest& manifest) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .member("format", kBundleFormat)
      .member("version", manifest.version)
      .member("made_at", manifest.made_at)
      .key("services")
      .begin_array();
  for (const std::string& service : manifest.services)
    writer.string(service);
  writer.end_array().key("stores").begin_array();
  for (const BundledStore& store : manifest.stores)
    write_store(writer, store);
  writer.end_array().end_object();
  return out;
}

Result<Manifest> parse_manifest(std::string_view json) {
  const auto value = json::Value::parse(json);
  const auto format = value ? value->int_at("format") : std::nullopt;
  if (!format) return invalid("", "it is no manifest of a backup", "bad_manifest");
  if (*format != kBundleFormat) {
    return invalid("format",
                   fmt::format("it was made by a newer version of orderly (format {}, this one "
                               "knows {})",
                               *format, kBundleFormat),
                   "newer_bundle");
  }
  try {
    return read_manifest(*value);
  } catch (const Bad& bad) {
    return invalid("", bad.what, "bad_manifest");
  }
}

Manifest check_bundle(const fs::path& bundle, const BytesProgress& progress) {
  const fs::path manifest_file = bundle / kManifestFile;
  auto manifest = parse_manifest(read_small_file(manifest_file));
  if (!manifest) fail(manifest_file, manifest.error().message);
  if (manifest->stores.empty()) fail(manifest_file, "it names no store");
  for (const BundledStore& store : manifest->stores) {
    const fs::path file = bundle / store.file;
    std::error_code error;
    const auto bytes = fs::file_size(file, error);
    if (error) fail(file, "it is missing");
    if (bytes != store.bytes) {
      fail(file, fmt::format("it has {} bytes, not {}", bytes, store.bytes));
    }
    if (sha256_of(file, progress) != store.sha256) {
      fail(file, "its checksum is another one: the file is damaged");
    }
  }
  return std::move(*manifest);
}

void sync_path(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path);
  const CloseFile close{descriptor};
  if (::fsync(descriptor) != 0) fail(path);
}

}  // namespace orderly::app
