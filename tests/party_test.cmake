# party_add_test(<name> [LABEL <label>] [TIMEOUT <seconds>] SOURCES <file>... [LIBS <target>...])
# A GoogleTest executable whose cases are ctest tests. The label defaults to the directory: core, sim, server.
include(GoogleTest)

function(party_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SOURCES;LIBS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "party_add_test(${name}): give SOURCES <file>... and optionally LABEL, TIMEOUT, LIBS; "
                        "not understood: \"${arg_UNPARSED_ARGUMENTS}\"")
  endif()
  if(NOT arg_LABEL)
    cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME arg_LABEL)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_23)
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main)
  party_warnings(${name})
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
