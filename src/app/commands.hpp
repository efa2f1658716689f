#pragma once

#include "app/options.hpp"

/// The binary's commands, one file each. They return the process's exit code and throw
/// std::exception with a message for a person.
namespace orderly::app {

/// `up` and `serve`: runs until SIGTERM or SIGINT.
int run_node(const NodeOptions& options);
/// `sql`: prints the result of one query of a running server.
int run_sql(const SqlOptions& options);
/// `export`: puts the rows of a table of a running server into a file.
int run_export(const ExportOptions& options);
/// `verify`: compares the stores of a running server; 1 where anything differs.
int run_verify(const VerifyOptions& options);
/// `trace`: where an order is, and when it was where.
int run_trace(const TraceOptions& options);
/// `backup`: makes a backup of a running server's stores, or proves that one can be restored.
int run_backup(const BackupOptions& options);
/// `restore`: puts a backup in the place of a data directory.
int run_restore(const RestoreOptions& options);
/// `taken-out`: lists what a fork of a feed took out.
int run_taken_out(const TakenOutOptions& options);
/// `selftest`: chaos with servers of its own; 1 where anything is lost or doubled.
int run_selftest(const SelftestOptions& options);
/// `demo`: the lab's walk-through.
int run_demo(const DemoOptions& options);

/// `warehouse-engine`, which people do not call: the process behind the warehouse of the process
/// `parent`.
[[noreturn]] void run_warehouse_engine(int parent);

}  // namespace orderly::app
