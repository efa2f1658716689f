#include "warehouse/duckdb/save.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

#include "warehouse/duckdb/writer.hpp"
#include "warehouse/tables.hpp"

namespace orderly::warehouse::duckdb {
namespace {

using namespace std::chrono_literals;

/// Queries that run may hold a checkpoint up.
constexpr int kCheckpointTries = 100;
constexpr auto kBetweenTries = 100ms;
constexpr std::size_t kPieceBytes = std::size_t{1} * 1024 * 1024;
constexpr std::size_t kBytesASync = std::size_t{32} * 1024 * 1024;

/// Puts all that is in the log into the file.
void checkpoint(duckdb_connection connection, const std::string& path) {
  for (int tries = 1;; ++tries) {
    try {
      execute(connection, "CHECKPOINT");
      std::error_code error;
      const auto in_log = std::filesystem::file_size(path + ".wal", error);
      if (error || in_log == 0) return;
    } catch (const DatabaseBroken&) {
      throw;
    } catch (const Unavailable&) {
      if (tries == kCheckpointTries) throw;
    }
    if (tries == kCheckpointTries) throw Unavailable("the warehouse's log cannot be emptied now");
    std::this_thread::sleep_for(kBetweenTries);
  }
}

/// In a child made by fork(): system calls only. Answers errno.
int copy_file(const char* from, const char* to, char* buffer) {
  const int source = ::open(from, O_RDONLY | O_CLOEXEC);
  if (source < 0) return errno;
  const int target = ::open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (target < 0) return errno;
  std::size_t unsynced = 0;
  for (;;) {
    const ssize_t got = ::read(source, buffer, kPieceBytes);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(target, buffer + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno != EINTR) return errno;
      done += put < 0 ? 0 : put;
    }
    unsynced += static_cast<std::size_t>(got);
    if (unsynced < kBytesASync) continue;
    if (::fdatasync(target) != 0) return errno;
    unsynced = 0;
  }
  return ::fsync(target) == 0 ? 0 : errno;
}

/// The database's lock belongs to this process and goes when the process closes the file that it
/// has opened a second time (fcntl(2)); a child does not share it, so the copy is made by one.
void copy_in_child(const std::string& from, const std::string& to) {
  std::string buffer(kPieceBytes, '\0');
  const pid_t child = ::fork();
  if (child < 0) throw Unavailable("no process could be made to copy the warehouse");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(copy_file(from.c_str(), to.c_str(), buffer.data()));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  const int error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  const std::string message =
      fmt::format("{} cannot be written: {}", to, std::generic_category().message(error));
  if (error == ENOSPC || error == EFBIG || error == EDQUOT) throw StorageFull(message);
  throw Unavailable(message);
}

}  // namespace

Saved save_database(duckdb_connection connection, const std::string& path,
                    const std::string& file) {
  checkpoint(connection, path);
  const Cursor position = read_position(connection, order_information().name);
  copy_in_child(path, file);
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  if (error) throw Unavailable(file + " is not there: " + error.message());
  return {.bytes = bytes, .position = position};
}

}  // namespace orderly::warehouse::duckdb
