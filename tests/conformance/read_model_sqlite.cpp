#include "conformance/read_model_conformance.hpp"
#include "orderinfo/sqlite/sqlite_read_model.hpp"

namespace orderly::orderinfo::testing {
namespace {

class SqliteHost final : public ReadModelHost {
 public:
  explicit SqliteHost(SqliteReadModelOptions options = {}) : options_(std::move(options)) {}

  std::unique_ptr<ReadModel> open(runtime::EventLoop& loop) override {
    SqliteReadModelOptions options = options_;
    options.database.path = directory_.file("orderinfo.db");
    return std::make_unique<SqliteReadModel>(loop, options, random_);
  }

 private:
  SqliteReadModelOptions options_;
  TempDirectory directory_;
  SeededRandom random_{1};
};

INSTANTIATE_TEST_SUITE_P(
    Sqlite, ReadModelConformance,
    ::testing::Values(ReadModelAdapter{"orderinfo", [] { return std::make_unique<SqliteHost>(); }},
                      // Rows go to the index of the lists, and out of memory, early.
                      ReadModelAdapter{"orderinfo_merging",
                                       [] {
                                         return std::make_unique<SqliteHost>(SqliteReadModelOptions{
                                             .merge_at = 3, .recent_changes = 2});
                                       }}),
    adapter_name);

}  // namespace
}  // namespace orderly::orderinfo::testing
