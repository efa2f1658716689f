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

# orderly_gtests(NAME LABEL label): the executable NAME from every *_test.cpp at or below the
# current folder, each of its cases a ctest under LABEL. Without sources there is no executable.
function(orderly_gtests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT sources)
    return()
  endif()
  get_property(libraries GLOBAL PROPERTY ORDERLY_LIBRARIES)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${libraries} orderly_test_support GTest::gmock_main)
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE ORDERLY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(
    ${name}
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    TEST_PREFIX "${arg_LABEL}."
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

# orderly_python_tests(LABEL label TIMEOUT seconds [PROCESSORS n]): every *_test.py of the current
# folder as one ctest, told in ORDERLY_BINARY which orderly to run.
function(orderly_python_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "LABEL;TIMEOUT;PROCESSORS" "")
  if(NOT TARGET orderly)
    return()
  endif()
  if(NOT arg_PROCESSORS)
    set(arg_PROCESSORS 1)
  endif()
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.py")
  foreach(file IN LISTS files)
    cmake_path(GET file STEM module)
    set(test "${arg_LABEL}.${module}")
    add_test(
      NAME ${test}
      COMMAND Python3::Interpreter -B -m unittest -v ${module}
      WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    set_tests_properties(
      ${test}
      PROPERTIES
        LABELS ${arg_LABEL}
        TIMEOUT ${arg_TIMEOUT}
        PROCESSORS ${arg_PROCESSORS}
        FAIL_REGULAR_EXPRESSION "Ran 0 tests"
        ENVIRONMENT
        "ORDERLY_BINARY=$<TARGET_FILE:orderly>;ORDERLY_SOURCE_DIR=${CMAKE_SOURCE_DIR};PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/support/py"
    )
  endforeach()
endfunction()
