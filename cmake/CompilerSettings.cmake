# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers and the compiler cache, for Tacit's own code.

foreach(minimum IN ITEMS "GNU 11" "Clang 14")
  separate_arguments(minimum)
  list(GET minimum 1 least)
  if(CMAKE_CXX_COMPILER_ID IN_LIST minimum AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS least)
    message(FATAL_ERROR "Tacit needs GCC 11 or Clang 14 or newer, but ${CMAKE_CXX_COMPILER} is ${CMAKE_CXX_COMPILER_ID} "
                        "${CMAKE_CXX_COMPILER_VERSION}. Name another in a new build folder: -DCMAKE_CXX_COMPILER=g++-12")
  endif()
endforeach()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_OPTIMIZE_DEPENDENCIES ON) # a static library's objects need not wait for the libraries it will be linked with

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # A precompiled header makes ccache fall back to the compiler unless it is told what may differ.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

add_library(tacit_settings INTERFACE)
target_include_directories(tacit_settings INTERFACE "${PROJECT_SOURCE_DIR}")
target_link_libraries(tacit_settings INTERFACE $<LINK_ONLY:fmt::fmt>)
target_compile_options(tacit_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  # With the standard headers precompiled they take libstdc++'s own short strings, and fmt 9's arithmetic of long numbers, for mistakes.
  target_compile_options(tacit_settings INTERFACE -Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow -Wno-restrict)
endif()
if(TACIT_FUZZ) # by clang, whose warnings are others than GCC's
  target_compile_options(tacit_settings INTERFACE -fsanitize=fuzzer-no-link)
  # Checksums of metadata are not looked at: no fuzzer comes past them by chance.
  target_compile_definitions(tacit_settings INTERFACE FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION=1)
else()
  target_compile_options(tacit_settings INTERFACE $<$<BOOL:${TACIT_WERROR}>:-Werror>)
endif()
if(TACIT_SANITIZE)
  list(JOIN TACIT_SANITIZE "," sanitizers)
  # GCC's sanitizer instrumentation makes -Wmaybe-uninitialized cry wolf inside std::optional.
  target_compile_options(tacit_settings INTERFACE -fsanitize=${sanitizers} -fno-sanitize-recover=all
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(tacit_settings INTERFACE -fsanitize=${sanitizers})
endif()
