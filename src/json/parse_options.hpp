#pragma once

#include <boost/json/error.hpp>
#include <boost/json/parse_options.hpp>
#include <string_view>

#include "base/result.hpp"

/// Private to this folder: how every document is read, and what a broken one is called.
namespace orderly::json {

boost::json::parse_options strict_options();

/// `used`: how far the parser came.
Error syntax_error(std::string_view text, std::size_t used, const boost::json::error_code& error);

}  // namespace orderly::json
