#include "app/bundle.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "support/scratch_folder.hpp"

namespace orderly::app {
namespace {

const Uuid kEpoch = *Uuid::parse("0190b3a0-0000-7000-8000-000000000001");
const Uuid kEvent = *Uuid::parse("0190b3a0-0000-7000-8000-000000000002");
constexpr const char* kSumOfAbc =  // FIPS 180-2, appendix B.1
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Manifest manifest() {
  return {.version = "1.0",
          .made_at = "2021-02-14T00:00:00Z",
          .services = {"order", "orderinfo"},
          .stores = {{.file = "orderinfo.db",
                      .store = "orderinfo",
                      .schema_version = 4,
                      .epoch = kEpoch,
                      .position = 7,
                      .cursors = {{"order", {kEpoch, 9, kEvent}}},
                      .bytes = 3,
                      .sha256 = kSumOfAbc},
                     {.file = "scheduler.db", .store = "scheduler", .sha256 = "00"}}};
}

std::string code_of(const std::string& json) {
  const auto parsed = parse_manifest(json);
  return parsed ? "none" : parsed.error().code;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error(from + " is not there");
  return text.replace(at, from.size(), to);
}

TEST(Manifest, given_one_that_was_written_then_it_reads_back_the_same) {
  const auto parsed = parse_manifest(encode(manifest()));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, manifest());
}

TEST(Manifest, given_a_later_format_then_it_is_refused_as_newer) {
  EXPECT_EQ(code_of(replaced(encode(manifest()), "\"format\":1", "\"format\":2")), "newer_bundle");
}

TEST(Manifest, given_what_is_none_then_it_is_refused) {
  const std::string good = encode(manifest());
  for (const std::string& bad :
       {std::string("{}"), std::string("no json"), good.substr(0, good.size() - 1),
        replaced(good, "\"bytes\":3", "\"bytes\":-3"),
        replaced(good, "\"stores\":[", "\"stores\":{}"),
        replaced(good, "orderinfo.db", "../order.db"), replaced(good, "orderinfo.db", ".."),
        replaced(good, "orderinfo.db", "manifest.json"),
        replaced(good, "scheduler.db", "orderinfo.db"),
        replaced(good, kEpoch.to_string(), "no-uuid")}) {
    EXPECT_EQ(code_of(bad), "bad_manifest") << bad;
  }
}

class BundleTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name, std::ios::binary | std::ios::trunc) << text;
  }
  /// A bundle of one store whose content is `abc`.
  void make() {
    Manifest one = manifest();
    one.stores.resize(1);
    write("manifest.json", encode(one));
    write("orderinfo.db", "abc");
  }
  std::string refusal() {
    try {
      check_bundle(folder_.path(), [](std::uint64_t) {});
      return "none";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  void expect_refusal(const std::string& file, const std::string& why) {
    EXPECT_NE(refusal().find(file), std::string::npos) << refusal();
    EXPECT_NE(refusal().find(why), std::string::npos) << refusal();
  }

  testing::ScratchFolder folder_;
};

TEST_F(BundleTest, given_all_files_then_it_is_whole) {
  make();
  std::uint64_t read = 0;
  const Manifest checked =
      check_bundle(folder_.path(), [&](std::uint64_t bytes) { read += bytes; });
  EXPECT_EQ(checked.stores.size(), 1U);
  EXPECT_EQ(read, 3U);
}

TEST_F(BundleTest, given_any_damage_then_the_file_is_named) {
  expect_refusal("manifest.json", "cannot be read");
  make();
  write("orderinfo.db", "abd");
  expect_refusal("orderinfo.db", "checksum");
  write("orderinfo.db", "ab");
  expect_refusal("orderinfo.db", "2 bytes");
  std::filesystem::remove(folder_.path() / "orderinfo.db");
  expect_refusal("orderinfo.db", "missing");
}

}  // namespace
}  // namespace orderly::app
