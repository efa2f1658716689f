#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "sqlite/connection.hpp"

namespace orderly::sqlite {

/// A test with a directory of its own on the real disk, and a database file in it.
class ScratchDatabase : public ::testing::Test {
 protected:
  ScratchDatabase() {
    std::string name = (std::filesystem::temp_directory_path() / "orderly-sqlite-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    directory_ = name;
  }
  ~ScratchDatabase() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] OpenOptions options() const {
    return {.path = (directory_ / "test.db").string(),
            .busy_timeout = std::chrono::milliseconds(0)};
  }

  std::filesystem::path directory_;
};

/// The first column of the first row.
inline std::int64_t number_of(Connection& connection, std::string_view sql) {
  Statement statement = connection.prepare(sql);
  auto row = statement.use();
  return row.step() ? row.int64(0) : -1;
}

inline std::string text_of(Connection& connection, std::string_view sql) {
  Statement statement = connection.prepare(sql);
  auto row = statement.use();
  return row.step() ? std::string(row.text(0)) : "";
}

}  // namespace orderly::sqlite
