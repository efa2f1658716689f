#pragma once

#include <string>

#include "app/cli_app.hpp"

/// The command families, a file each: every function adds its commands to `app`, which keep their
/// own options; the one that is called sets `exit_code`. What a command cannot do it throws as
/// std::exception with a message for a person.
namespace orderly::app {

void add_backup(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_selftest(CLI::App& app, int& exit_code);
void add_topics(CLI::App& app, int& exit_code);
void add_subscriptions(CLI::App& app, int& exit_code);
void add_jobs(CLI::App& app, int& exit_code);
void add_dead_letters(CLI::App& app, int& exit_code);
void add_trace(CLI::App& app, int& exit_code);
void add_rebuild(CLI::App& app, int& exit_code);

// What several families have.

/// --url, the running server.
void add_url(CLI::App& command, std::string& url);

}  // namespace orderly::app
