#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/message.hpp"

namespace orderly::broker {

/// Attributes as a JSON object, for a database.
std::string encode_attributes(const events::Attributes& attributes);
/// Nothing for what encode_attributes() did not make.
std::optional<events::Attributes> decode_attributes(std::string_view json);

}  // namespace orderly::broker
