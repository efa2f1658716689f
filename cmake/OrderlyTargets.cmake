# One library per folder of src/, one executable per kind of test.

# orderly_library([DEPS ...]): the library of the current folder. Its sources are the folder's own
# *.cpp (found again by itself when files come and go), its name is the folder's path:
# src/order/sqlite -> orderly_order_sqlite. DEPS are linked PUBLIC. A folder that has only headers
# becomes an INTERFACE library.
function(orderly_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "DEPS")
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}/src"
             OUTPUT_VARIABLE folder)
  string(REPLACE "/" "_" name "orderly_${folder}")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC orderly_options ${arg_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE orderly_options ${arg_DEPS})
  endif()
  set_property(GLOBAL APPEND PROPERTY ORDERLY_LIBRARIES ${name})
endfunction()

# The environment of every test: where reports of the sanitizers get their stack traces from.
set(ORDERLY_TEST_ENVIRONMENT
    "ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan.supp"
    "ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19"
    "ORDERLY_SOURCE_DIR=${CMAKE_SOURCE_DIR}")

# Names carry the build (asan.unit.Dates.parse), since ./dev test runs several builds in one go.
cmake_path(GET CMAKE_BINARY_DIR FILENAME ORDERLY_BUILD_NAME)

# orderly_labels(OUT label): the label, and "ci" where ./dev test runs it from this build.
function(orderly_labels out label)
  set(labels ${label})
  if(label IN_LIST ORDERLY_CI_LABELS)
    list(APPEND labels ci)
  endif()
  set(${out} "${labels}" PARENT_SCOPE)
endfunction()

# orderly_gtests(NAME LABEL label): the executable NAME from every *_test.cpp at or below the
# current folder, each of its cases a ctest under LABEL, run in the root of the repository (an
# absolute path compiled in would keep checkouts from sharing ccache results). Without sources
# there is no executable.
function(orderly_gtests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT sources)
    return()
  endif()
  get_property(libraries GLOBAL PROPERTY ORDERLY_LIBRARIES)
  add_executable(${name} ${sources})
  # stdc++ comes first, so that a template of the standard library is taken from there and never
  # pulls an object that the tests do not use out of one of our archives.
  target_link_libraries(${name} PRIVATE stdc++ ${libraries} orderly_test_support GTest::gmock_main)
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  orderly_labels(labels ${arg_LABEL})
  gtest_discover_tests(
    ${name}
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    TEST_PREFIX "${ORDERLY_BUILD_NAME}.${arg_LABEL}."
    TEST_LIST ${name}_cases)
  # Lists do not survive gtest_discover_tests(PROPERTIES), so ctest sets them once it has the cases.
  set(properties "${CMAKE_CURRENT_BINARY_DIR}/${name}_properties.cmake")
  file(
    WRITE "${properties}"
    "foreach(case IN LISTS ${name}_cases)
  set_tests_properties(
    \"\${case}\" PROPERTIES LABELS \"${labels}\" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT \"${ORDERLY_TEST_ENVIRONMENT}\")
endforeach()
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${properties}")
endfunction()

# orderly_python_test(FILE LABEL label TIMEOUT seconds [PROCESSORS n] [BINARY [TARGET target]]): one
# unittest file as one ctest; with BINARY it is told in ORDERLY_BINARY which orderly to run (or
# which program that is one with something added).
function(orderly_python_test file)
  cmake_parse_arguments(PARSE_ARGV 1 arg "BINARY" "LABEL;TIMEOUT;PROCESSORS;TARGET" "")
  if(NOT arg_PROCESSORS)
    set(arg_PROCESSORS 1)
  endif()
  set(environment ${ORDERLY_TEST_ENVIRONMENT} "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/support/py")
  if(NOT arg_TARGET)
    set(arg_TARGET orderly)
  endif()
  if(arg_BINARY)
    list(APPEND environment "ORDERLY_BINARY=$<TARGET_FILE:${arg_TARGET}>")
  endif()
  cmake_path(GET file STEM module)
  cmake_path(GET file PARENT_PATH folder)
  set(test "${ORDERLY_BUILD_NAME}.${arg_LABEL}.${module}")
  add_test(
    NAME ${test}
    COMMAND Python3::Interpreter -B -m unittest -v ${module}
    WORKING_DIRECTORY "${folder}")
  orderly_labels(labels ${arg_LABEL})
  set_tests_properties(
    ${test}
    PROPERTIES LABELS "${labels}"
               TIMEOUT ${arg_TIMEOUT}
               PROCESSORS ${arg_PROCESSORS}
               FAIL_REGULAR_EXPRESSION "Ran 0 tests"
               ENVIRONMENT "${environment}")
endfunction()

# orderly_binary_tests(LABEL label TIMEOUT seconds [PROCESSORS n]): every *_test.py of the current
# folder, against the orderly of this build.
function(orderly_binary_tests)
  if(NOT TARGET orderly)
    return()
  endif()
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.py")
  foreach(file IN LISTS files)
    orderly_python_test("${file}" BINARY ${ARGN})
  endforeach()
endfunction()
