#pragma once

#include <string>

#include "app/cli_app.hpp"
#include "app/declarations.hpp"

namespace orderly::app {

/// Gives the options of `command` that neither a flag nor a variable has set what the TOML file
/// says at its top, and answers what it declares in sections. An empty name is no file. Throws
/// CLI::ParseError, which names the file and the key or section.
Declarations read_config(CLI::App& command, const std::string& file);

/// Reads the keys of one section as if they were flags of `command`. Throws CLI::ParseError as
/// above.
void read_section(CLI::App& command, const Declarations& declarations, const Declaration& section);

}  // namespace orderly::app
