# Everything that Orderly takes from outside; ./dev setup installs it on Debian 12.

find_package(Threads REQUIRED)
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers json url)
find_package(SQLite3 REQUIRED)
find_library(URING_LIBRARY NAMES liburing.a REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(date CONFIG REQUIRED)
find_package(DuckDB REQUIRED)
# Sanitizers bring an allocator of their own.
if(NOT ORDERLY_SANITIZE)
  find_package(mimalloc CONFIG REQUIRED)
endif()
