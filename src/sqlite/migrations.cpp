#include "sqlite/migrations.hpp"

#include <string>

#include "base/check.hpp"
#include "sqlite/error.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::sqlite {
namespace {

std::int64_t number(Connection& connection, std::string_view sql) {
  Statement statement = connection.prepare(sql);
  auto row = statement.use();
  return row.step() ? row.int64(0) : 0;
}

[[noreturn]] void refuse(const Connection& connection, const std::string& why) {
  throw IncompatibleDatabase(connection.path() + ": " + why);
}

void check_order(const Schema& schema) {
  int version = 0;
  for (const Migration& migration : schema.migrations) {
    ORDERLY_CHECK(migration.version == ++version, "migrations are numbered 1, 2, 3, …");
  }
}

/// Whether the file is one of this store's; false if it is nobody's yet.
bool is_claimed(Connection& connection, const Schema& schema) {
  const auto id = number(connection, "PRAGMA application_id");
  if (id == schema.application_id) return true;
  if (id == 0 && number(connection, "SELECT count(*) FROM sqlite_schema") == 0) return false;
  refuse(connection, "not a database of the " + std::string(schema.name) + " store");
}

void claim(Connection& connection, const Schema& schema, const Uuid& fresh_epoch) {
  WriteTransaction transaction(connection);
  if (is_claimed(connection, schema)) return;  // another process was quicker
  connection.exec(
      "PRAGMA application_id = " + std::to_string(schema.application_id) +
      "; CREATE TABLE schema_version(version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;");
  create_metadata(connection, fresh_epoch);
  transaction.commit();
}

/// A migration of another name under a known number comes from a history that is not ours.
void check_history(Connection& connection, const Schema& schema) {
  Statement statement = connection.prepare("SELECT version, name FROM schema_version ORDER BY 1");
  auto row = statement.use();
  std::size_t applied = 0;
  for (; row.step(); ++applied) {
    if (applied == schema.migrations.size()) {
      refuse(connection,
             "written by a newer version of orderly (schema version " +
                 std::to_string(number(connection, "SELECT max(version) FROM schema_version")) +
                 ", this one knows " + std::to_string(applied) + ")");
    }
    const Migration& known = schema.migrations[applied];
    if (row.int64(0) != known.version || row.text(1) != known.name) {
      refuse(connection, "schema version " + std::to_string(row.int64(0)) + " is \"" +
                             std::string(row.text(1)) + "\", not \"" + std::string(known.name) +
                             "\": written by another line of orderly");
    }
  }
}

void apply(Connection& connection, const Migration& migration) {
  WriteTransaction transaction(connection);
  if (schema_version(connection) >= migration.version) return;
  connection.exec(std::string(migration.sql));
  connection.prepare("INSERT INTO schema_version VALUES(?1, ?2)")
      .run(migration.version, migration.name);
  transaction.commit();
}

}  // namespace

void migrate(Connection& connection, const Schema& schema, const Uuid& fresh_epoch) {
  check_order(schema);
  if (!is_claimed(connection, schema)) claim(connection, schema, fresh_epoch);
  check_history(connection, schema);
  for (const Migration& migration : schema.migrations) {
    if (schema_version(connection) < migration.version) apply(connection, migration);
  }
}

int schema_version(Connection& connection) {
  return static_cast<int>(number(connection, "SELECT max(version) FROM schema_version"));
}

}  // namespace orderly::sqlite
