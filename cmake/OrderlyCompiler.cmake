# How every target of Orderly is compiled: language, warnings, sanitizers, ccache, linker.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  # g++ 12 destroys temporaries inside co_await expressions twice.
  message(FATAL_ERROR "Orderly is built with clang 19 or newer; use the presets, or ./dev build")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
# Nobody uses named modules here; scanning for them costs a process per file.
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
add_link_options(-fuse-ld=lld)

find_program(ORDERLY_CCACHE ccache)
if(ORDERLY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # With base_dir, checkouts in different places share results, for as long as no absolute path
  # is compiled in. A precompiled header saves a fifth of the compiler's time, but is such a path:
  # every clone then starts from nothing, so there is none.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      "CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime" "${ORDERLY_CCACHE}")
endif()

# The warning set. -Wconversion is in, because a narrowed amount or position is a lost order;
# -Wsign-conversion is out, because its findings here are container indexes and sizes.
# Vendor headers are system headers, so none of this reaches them.
add_library(orderly_options INTERFACE)
target_compile_options(
  orderly_options
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wno-sign-conversion
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wimplicit-fallthrough
            -Wunused
            -Wextra-semi
            -Wthread-safety
            # Designated initialisers that leave members at their default are the point of them.
            -Wno-missing-designated-field-initializers
            -Werror=return-type
            -Werror=unused-result
            $<$<BOOL:${ORDERLY_WERROR}>:-Werror>)
target_include_directories(orderly_options INTERFACE "${CMAKE_SOURCE_DIR}/src")

if(ORDERLY_SANITIZE)
  add_compile_options(-fsanitize=${ORDERLY_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ORDERLY_SANITIZE})
endif()
