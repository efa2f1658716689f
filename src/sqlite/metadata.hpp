#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "sqlite/connection.hpp"

namespace orderly::sqlite {

/// Makes the table `meta` with the epoch in it. migrate() calls this as it makes the database.
void create_metadata(Connection& connection, const Uuid& epoch);

/// The few values a store keeps about itself: a key is set to one value, which replaces the last.
///
/// Every function is one statement, so it belongs to the connection's current transaction where
/// there is one. For hot values (a position that every batch moves) a column in a table of the
/// store's own is as good. The connection's thread. Setting needs the writing connection.
class Metadata {
 public:
  explicit Metadata(Connection& connection);

  /// Names this history of the database (P3): made with it, replaced when it is restored.
  [[nodiscard]] Uuid epoch();
  void set_epoch(const Uuid& epoch);

  [[nodiscard]] std::optional<std::int64_t> number(std::string_view key);
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<Uuid> uuid(std::string_view key);
  void set(std::string_view key, std::int64_t value);
  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, const Uuid& value);
  void remove(std::string_view key);

 private:
  Statement get_, set_, remove_;
};

}  // namespace orderly::sqlite
