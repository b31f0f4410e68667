add_library(spoold_options INTERFACE)
target_compile_options(spoold_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                                -Woverloaded-virtual -Wnull-dereference -Werror)
target_include_directories(spoold_options INTERFACE ${CMAKE_SOURCE_DIR}/lib)
target_compile_definitions(spoold_options INTERFACE SPOOLD_VERSION="${PROJECT_VERSION}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Without cause: coroutine frames and std::variant set off GCC 12's maybe-uninitialized and null-dereference, Asio's own
  # allocation of frames mismatched-new-delete where it is inlined, and "text" + std::string restrict when optimised.
  target_compile_options(spoold_options INTERFACE -Wno-maybe-uninitialized -Wno-null-dereference -Wno-restrict
                                                  -Wno-mismatched-new-delete)
endif()
if(SPOOLD_SANITIZE)
  target_compile_options(spoold_options INTERFACE -fsanitize=${SPOOLD_SANITIZE} -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
  target_link_options(spoold_options INTERFACE -fsanitize=${SPOOLD_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Its check of calls through pointers cannot be assembled for coroutines ("difference across sections"); that of an
    # object's type opens a pipe, and is wrong where tests have used up the descriptors.
    target_compile_options(spoold_options INTERFACE -fno-sanitize=function -fno-sanitize=vptr)
  endif()
endif()

# spoold_module(NAME SOURCES a.cpp ... USES other_module ... LIBRARIES target ...): one module of lib/, as spoold_NAME.
function(spoold_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  list(TRANSFORM MODULE_USES PREPEND spoold_)
  if(MODULE_SOURCES)
    add_library(spoold_${name} STATIC ${MODULE_SOURCES})
    target_link_libraries(spoold_${name} PUBLIC spoold_options ${MODULE_USES} ${MODULE_LIBRARIES})
  else()
    add_library(spoold_${name} INTERFACE)
    target_link_libraries(spoold_${name} INTERFACE spoold_options ${MODULE_USES} ${MODULE_LIBRARIES})
  endif()
endfunction()

# Builds the tests labelled threads, and what they start.
add_custom_target(thread_tests)

# spoold_test(NAME SOURCES ... USES module ... [LABELS ...] [TIMEOUT seconds]): one Catch2 program, test_NAME.
function(spoold_test name)
  cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;USES;LIBRARIES;LABELS" ${ARGN})
  list(TRANSFORM TEST_USES PREPEND spoold_)
  add_executable(test_${name} ${TEST_SOURCES})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(test_${name} PRIVATE spoold_test_support ${TEST_USES} ${TEST_LIBRARIES})
  if("threads" IN_LIST TEST_LABELS)
    add_dependencies(thread_tests test_${name})
  endif()
  add_test(NAME ${name} COMMAND test_${name} --order rand --rng-seed time)
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT} LABELS "${TEST_LABELS}")
endfunction()
