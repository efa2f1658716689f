#include "warehouse/process/engine.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include "runtime/priority.hpp"
#include "telemetry/log.hpp"
#include "warehouse/process/child_process.hpp"
#include "warehouse/process/frame_stream.hpp"

namespace orderly::warehouse::process {
namespace {

namespace asio = boost::asio;

/// Behind the services that answer customers, before what a machine does when it is idle. Threads
/// that are made later inherit it.
constexpr runtime::Niceness kNiceness{5};
constexpr std::string_view kOutOfMemoryScore = "800";

void live_as_a_child() {
  // A file that reaches a limit fails to be written, and ends nobody.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ})
    std::signal(signal, SIG_IGN);
  runtime::step_behind(kNiceness);
  const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score < 0) return;
  if (::write(score, kOutOfMemoryScore.data(), kOutOfMemoryScore.size()) < 0) {
    log::debug("the warehouse's engine keeps its score for the out-of-memory killer");
  }
  ::close(score);
}

/// What a limit of the kernel adds: a single huge allocation fails at once, and DuckDB says so.
void limit_address_space(unsigned megabytes) {
  if (megabytes == 0) return;
  const rlim_t bytes = rlim_t{megabytes} * 1024 * 1024;
  const rlimit limit{bytes, bytes};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) {
    log::warning("the warehouse's engine runs without a limit on its address space");
  }
}

class Engine {
 public:
  Engine(runtime::AsioEventLoop& loop, const OpenWarehouse& open)
      : loop_(loop), open_(open), stream_(loop, kChildSocket) {}

  runtime::Task<void> run() {
    try {
      co_await open();
      while (!closing_)
        dispatch(co_await stream_.read());
    } catch (const Unavailable& gone) {
      // Nobody is there to hear an answer. Whatever was not committed is loaded again.
      if (exit_code_ == 0 && !closing_) std::_Exit(1);
    }
    co_await stream_.join();
    loop_.stop();
  }

  /// Closes the store, which interrupts what still runs.
  int close() {
    warehouse_.reset();
    return exit_code_;
  }

 private:
  runtime::Task<void> open() {
    const Frame frame = co_await stream_.read();
    if (frame.kind != FrameKind::kOpen) throw Unavailable("the first frame opens the engine");
    EngineOptions options = decode_options(frame.payload);
    limit_address_space(options.address_space_mb);
    try {
      warehouse_ = open_(options);
    } catch (const Unavailable& unavailable) {
      exit_code_ = 1;
      stream_.send({FrameKind::kUnavailable, 0, encode(unavailable)});
      throw;
    }
    catalog_ = std::move(options.catalog);
    stream_.send({FrameKind::kOpened, 0, {}});
  }

  void dispatch(Frame frame) {
    if (frame.kind == FrameKind::kClose) {
      closing_ = true;
      return;
    }
    if (frame.kind == FrameKind::kCancel) {
      if (const auto call = calls_.find(frame.id); call != calls_.end()) {
        call->second.emit(asio::cancellation_type::terminal);
      }
      return;
    }
    const std::uint64_t id = frame.id;
    auto& stop = calls_[id];
    asio::co_spawn(loop_.executor(), answer(std::move(frame)),
                   asio::bind_cancellation_slot(
                       stop.slot(), [this, id](const std::exception_ptr& error, Frame answered) {
                         calls_.erase(id);
                         answered.id = id;
                         if (error) answered = refusal(id, error);
                         stream_.send(std::move(answered));
                       }));
  }

  // A coroutine each, with names for what crosses a co_await: clang 19 lets temporaries of several
  // branches of one coroutine share their place, and destroys them twice.
  runtime::Task<Frame> answer(Frame frame) {
    switch (frame.kind) {
      case FrameKind::kLoaded:
        return answer_loaded(std::move(frame.payload));
      case FrameKind::kLoad:
        return answer_load(std::move(frame.payload));
      case FrameKind::kLoadedBeside:
        return answer_loaded_beside(std::move(frame.payload));
      case FrameKind::kPutInPlace:
        return answer_put_in_place(std::move(frame.payload));
      case FrameKind::kSecond:
        return answer_second(std::move(frame.payload));
      case FrameKind::kCompareSecond:
        return answer_compare_second(std::move(frame.payload));
      case FrameKind::kSave:
        return answer_save(std::move(frame.payload));
      case FrameKind::kQuery:
        return answer_query(std::move(frame.payload));
      case FrameKind::kExport:
        return answer_export(std::move(frame.payload));
      default:
        return answer_unknown();
    }
  }

  /// After a commit that failed (a full disk) DuckDB shows the new position without all of its
  /// rows: what is in memory cannot be believed any more, what is in the files can (P6). So nobody
  /// is answered any more, and why it was is told by how the process ends.
  [[noreturn]] static void end_after(const char* what, const Unavailable& failure) {
    log::error("the warehouse's engine ends, for a change of the store has failed",
               {{"change", what}, {"error", failure.what()}});
    const bool full = dynamic_cast<const StorageFull*>(&failure) != nullptr;
    std::_Exit(full ? kDiskIsFull : 1);
  }

  runtime::Task<bool> load_or_end(Load load) {
    try {
      co_return co_await warehouse_->load(std::move(load));
    } catch (const Unavailable& failure) {
      end_after("a load", failure);
    }
  }

  runtime::Task<Frame> answer_loaded(std::string table) {
    const Cursor cursor = co_await warehouse_->loaded(std::move(table));
    Frame answered{FrameKind::kCursor, 0, {}};
    PayloadWriter(answered.payload).cursor(cursor);
    co_return answered;
  }

  runtime::Task<Frame> answer_load(std::string payload) {
    Load load = decode_load(payload, catalog_);
    payload = {};  // a copy is enough
    const bool loaded = co_await load_or_end(std::move(load));
    Frame answered{FrameKind::kDone, 0, {}};
    PayloadWriter(answered.payload).number(loaded);
    co_return answered;
  }

  runtime::Task<Frame> answer_loaded_beside(std::string table) {
    const Cursor cursor = co_await warehouse_->loaded_beside(std::move(table));
    Frame answered{FrameKind::kCursor, 0, {}};
    PayloadWriter(answered.payload).cursor(cursor);
    co_return answered;
  }

  runtime::Task<bool> put_in_place_or_end(std::string table, Cursor from, Cursor to) {
    try {
      co_return co_await warehouse_->put_in_place(std::move(table), from, to);
    } catch (const Unavailable& failure) {
      end_after("putting a table in place", failure);
    }
  }

  runtime::Task<Frame> answer_put_in_place(std::string payload) {
    PayloadReader in(payload);
    std::string table = in.text();
    const Cursor from = in.cursor();
    const Cursor to = in.cursor();
    const bool done = co_await put_in_place_or_end(std::move(table), from, to);
    Frame answered{FrameKind::kDone, 0, {}};
    PayloadWriter(answered.payload).number(done);
    co_return answered;
  }

  runtime::Task<SecondTables> second_or_end(SecondCommand command) {
    const bool only_looks = command.action == SecondCommand::Action::kLook;
    try {
      co_return co_await warehouse_->second(std::move(command));
    } catch (const Unavailable& failure) {
      if (only_looks) throw;
      end_after("changing second tables", failure);
    }
  }

  runtime::Task<Frame> answer_second(std::string payload) {
    SecondCommand command = decode_second(payload);
    const SecondTables tables = co_await second_or_end(std::move(command));
    Frame answered{FrameKind::kSeconds, 0, encode(tables)};
    co_return answered;
  }

  runtime::Task<Frame> answer_compare_second(std::string payload) {
    CompareSecond request = decode_compare(payload);
    const ComparedSecond compared = co_await warehouse_->compare_second(std::move(request));
    Frame answered{FrameKind::kCompared, 0, encode(compared)};
    co_return answered;
  }

  runtime::Task<Frame> answer_save(std::string file) {
    const Saved saved = co_await warehouse_->save_to(std::move(file));
    Frame answered{FrameKind::kSaved, 0, {}};
    PayloadWriter(answered.payload).number(saved.bytes).cursor(saved.position);
    co_return answered;
  }

  runtime::Task<Frame> answer_query(std::string payload) {
    QueryRequest request = decode_query(payload);
    Result<QueryResult> result = co_await warehouse_->query(std::move(request));
    Frame answered{FrameKind::kResult, 0, {}};
    if (result) {
      answered.payload = encode(std::move(*result));
    } else {
      answered.kind = FrameKind::kError;
      answered.payload = encode(result.error());
    }
    co_return answered;
  }

  runtime::Task<Frame> answer_export(std::string payload) {
    ExportRequest request = decode_export(payload);
    const Result<Exported> exported = co_await warehouse_->export_to(std::move(request));
    Frame answered{FrameKind::kExported, 0, {}};
    if (exported) {
      answered.payload = encode(*exported);
    } else {
      answered.kind = FrameKind::kError;
      answered.payload = encode(exported.error());
    }
    co_return answered;
  }

  static runtime::Task<Frame> answer_unknown() {
    throw Unavailable("the warehouse's engine does not know that frame");
    co_return Frame{};
  }

  static Frame refusal(std::uint64_t id, const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const Unavailable& unavailable) {
      return {FrameKind::kUnavailable, id, encode(unavailable)};
    } catch (const std::exception& other) {
      return {FrameKind::kUnavailable, id, encode(Unavailable(other.what()))};
    }
  }

  runtime::AsioEventLoop& loop_;
  const OpenWarehouse& open_;
  FrameStream stream_;
  std::unique_ptr<Warehouse> warehouse_;
  Catalog catalog_;
  std::map<std::uint64_t, asio::cancellation_signal> calls_;
  bool closing_ = false;
  int exit_code_ = 0;
};

}  // namespace

void run_engine(int parent, const OpenWarehouse& open) {
  if (!guard_against_orphanage(parent)) std::_Exit(1);
  live_as_a_child();
  const SystemClock clock;
  runtime::AsioEventLoop loop(clock);
  Engine engine(loop, open);
  asio::co_spawn(loop.executor(), engine.run(), [](const std::exception_ptr& error) {
    if (error) std::_Exit(1);
  });
  loop.run();
  // Calls that nobody waits for may still be suspended; they end with the process.
  std::_Exit(engine.close());
}

}  // namespace orderly::warehouse::process
