# orderly_embed_web(TARGET DIRECTORY): the files of DIRECTORY (a built web application, which need not
# be there) travel inside TARGET, with the .gz and .br beside them: app/embedded_web.hpp. The
# assembler reads them, so that no compiler has to.
function(orderly_embed_web target directory)
  set(table "${CMAKE_CURRENT_BINARY_DIR}/embedded_web.cpp")
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${directory}" "${directory}/*")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${directory}")

  set(number 0)
  set(symbols "")
  set(entries "")
  foreach(file IN LISTS files)
    if(file MATCHES "\\.(gz|br)$")
      continue()
    endif()
    set(views "")
    foreach(suffix "" .gz .br)
      set(path "${directory}/${file}${suffix}")
      if(NOT EXISTS "${path}")
        string(APPEND views ", {}")
        continue()
      endif()
      file(SIZE "${path}" size)
      set(symbol "orderly_web_${number}")
      math(EXPR number "${number} + 1")
      string(APPEND symbols "EMBED(${symbol}, \"${path}\")\n")
      string(APPEND views ", {${symbol}, ${size}}")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
      set_property(SOURCE "${table}" APPEND PROPERTY OBJECT_DEPENDS "${path}")
    endforeach()
    file(SHA256 "${directory}/${file}" hash)
    string(SUBSTRING "${hash}" 0 32 hash)
    string(APPEND entries "    {\"${file}\", \"${hash}\"${views}},\n")
  endforeach()

  if(entries)
    set(body "constexpr EmbeddedFile kFiles[] = {\n${entries}};\n")
    set(answer "kFiles")
  else()
    set(body "")
    set(answer "{}")
    message(STATUS "No web application at ${directory}: it will not be served")
  endif()
  file(
    CONFIGURE
    OUTPUT "${table}"
    @ONLY
    CONTENT
      [[
#include "app/embedded_web.hpp"

#define EMBED(symbol, path)                                                   \
  asm(".pushsection .rodata\n.balign 16\n" #symbol ":\n.incbin \"" path "\"\n" \
      ".byte 0\n.popsection\n");                                              \
  extern "C" const char symbol[];
@symbols@
namespace orderly::app {
namespace {
@body@
}  // namespace
std::span<const EmbeddedFile> embedded_web() { return @answer@; }
}  // namespace orderly::app
]])
  target_sources(${target} PRIVATE "${table}")
endfunction()
