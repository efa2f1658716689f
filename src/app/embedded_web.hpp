#pragma once

#include <span>
#include <string_view>

namespace orderly::app {

/// A file of the web application, as it was when this was built (cmake/OrderlyWeb.cmake).
struct EmbeddedFile {
  std::string_view path;  ///< below the root: `assets/index-CUJjx8y-.js`
  std::string_view hash;  ///< of the content
  std::string_view content;
  std::string_view gzip;    ///< empty: there is none
  std::string_view brotli;  ///< likewise
};

/// Empty where the web application was not there.
std::span<const EmbeddedFile> embedded_web();

}  // namespace orderly::app
