#pragma once

namespace orderly::app {

/// The command line: parses it and runs the command. The process's exit code: 0 success, 1 the
/// command failed, 2 it was called wrongly.
int run(int argc, const char* const* argv);

}  // namespace orderly::app
