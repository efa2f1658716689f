#include "conformance/job_store_conformance.hpp"
#include "scheduler/sqlite/sqlite_job_store.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_loop.hpp"
#include "support/sim_vfs.hpp"

namespace orderly::scheduler::testing {
namespace {

class SqliteJobStoreWorld final : public JobStoreWorld {
 public:
  SqliteJobStoreWorld() { open(); }

  JobStore& store() override { return *store_; }
  void restart() override {
    store_.reset();
    open();
  }
  void crash() override {
    disk_.crash();
    store_.reset();
    disk_.restart(random_, orderly::testing::power_failure(random_));
    open();
  }

 private:
  void open() {
    store_ = std::make_unique<SqliteJobStore>(
        sqlite::OpenOptions{.path = "scheduler.db", .vfs = vfs_.name()}, random_, clock_.utc_now());
  }

  static inline int next_name_ = 0;

  SeededRandom random_{1'000 + static_cast<std::uint64_t>(next_name_)};
  orderly::testing::SimClock clock_{UtcTime(std::chrono::sys_days(std::chrono::days(18'645)))};
  orderly::testing::SimDisk disk_;
  orderly::testing::SimVfs vfs_{"job-store-" + std::to_string(next_name_++), disk_, clock_,
                                random_};
  std::unique_ptr<SqliteJobStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, JobStoreConformance,
                         ::testing::Values(JobStoreAdapter{
                             "job", [] { return std::make_unique<SqliteJobStoreWorld>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace orderly::scheduler::testing
