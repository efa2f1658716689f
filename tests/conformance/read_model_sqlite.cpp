#include "conformance/read_model_conformance.hpp"
#include "orderinfo/sqlite/sqlite_read_model.hpp"

namespace orderly::orderinfo::testing {
namespace {

class SqliteHost final : public ReadModelHost {
 public:
  std::unique_ptr<ReadModel> open(runtime::EventLoop& loop) override {
    SqliteReadModelOptions options;
    options.database.path = directory_.file("orderinfo.db");
    return std::make_unique<SqliteReadModel>(loop, options, random_);
  }

 private:
  TempDirectory directory_;
  SeededRandom random_{1};
};

INSTANTIATE_TEST_SUITE_P(Sqlite, ReadModelConformance,
                         ::testing::Values(ReadModelAdapter{
                             "orderinfo", [] { return std::make_unique<SqliteHost>(); }}),
                         adapter_name);

}  // namespace
}  // namespace orderly::orderinfo::testing
