# keelrow_library(NAME [TEST_DEPENDS other...] DEPENDS other... [PRIVATE_LIBS lib...]
#                 [PUBLIC_LIBS lib...])
#
# One folder of src/ = one static library keelrow_NAME = one namespace. All *.cpp beside the
# CMakeLists.txt belong to it, except *_test.cpp (its unit tests, one program NAME_test) and
# main.cpp (a program). DEPENDS is the only permission to include another folder's headers:
# scripts/check_walls.sh reads it. TEST_DEPENDS is that of *_test.cpp and *_for_test.h alone.
function(keelrow_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;TEST_DEPENDS;PRIVATE_LIBS;PUBLIC_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  add_library(keelrow_${name} STATIC ${sources})
  target_include_directories(keelrow_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  list(TRANSFORM ARG_DEPENDS PREPEND keelrow_)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND keelrow_)
  target_link_libraries(keelrow_${name} PUBLIC ${ARG_DEPENDS} ${ARG_PUBLIC_LIBS}
                        PRIVATE ${ARG_PRIVATE_LIBS} keelrow_warnings)

  if(KEELROW_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE keelrow_${name} ${ARG_TEST_DEPENDS} ${ARG_PRIVATE_LIBS}
                          keelrow_warnings GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
                               KEELROW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME unit/${name} COMMAND ${name}_test)
    set_tests_properties(unit/${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()
