#pragma once

#include <string_view>

namespace orderly::app {

/// The text of api/openapi.yaml, as it was when this was built.
extern const std::string_view kOpenApi;

}  // namespace orderly::app
