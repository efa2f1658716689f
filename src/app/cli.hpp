#pragma once

#include <vector>

namespace orderly::app {

class Extension;

/// The command line: parses it and runs the command. The process's exit code: 0 success, 1 the
/// command failed, 2 it was called wrongly. What is hosted beside our own services is given by
/// `extensions` (extension.hpp), which outlive the call.
int run(int argc, const char* const* argv, std::vector<Extension*> extensions = {});

}  // namespace orderly::app
