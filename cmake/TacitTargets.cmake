# SPDX-License-Identifier: Apache-2.0
# How Tacit's libraries, programs and tests are declared.

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

# What includes LibTorch takes four seconds before its first line is compiled, even with the precompiled header: templates that its
# headers ask for. Several files at once share them: a build from nothing takes a third of the time.
option(TACIT_UNITY "Compile the files that may include LibTorch several at once" ON)
set(TACIT_UNITY_BATCH 6 CACHE STRING "How many at once; 0: all of a target. Names in anonymous namespaces must differ under any number")

# tacit_precompiled(NAME DEPENDS … HEADERS …): a precompiled header that targets share.
function(tacit_precompiled name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;HEADERS" ${ARGN})
  file(WRITE "${PROJECT_BINARY_DIR}/${name}.cpp" "// carries a precompiled header\n")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL "${PROJECT_BINARY_DIR}/${name}.cpp")
  target_link_libraries(${name} PRIVATE tacit_settings ${ARG_DEPENDS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# Half of the time of a small file goes into these.
set(tacit_common_headers <algorithm> <filesystem> <functional> <map> <memory> <optional> <set> <string> <vector>)
tacit_precompiled(tacit_pch HEADERS ${tacit_common_headers} <fmt/format.h> <fmt/ranges.h>)
if(TACIT_TESTS)
  tacit_precompiled(tacit_test_pch DEPENDS GTest::gtest HEADERS ${tacit_common_headers} <fmt/format.h> <gtest/gtest.h>)
endif()
# With LibTorch in it, for all targets that depend on Tacit::torch. Not <torch/torch.h>: it asks for three more seconds of such templates.
if(TACIT_PROGRAM)
  tacit_precompiled(tacit_torch_pch DEPENDS Tacit::torch HEADERS <torch/nn/modules/conv.h> <torch/nn/modules/linear.h> <torch/types.h>
                                                                 <algorithm> <map> <memory> <string> <vector>)
endif()

# tacit_target(NAME VISIBILITY SOURCES … DEPENDS …): what every target of ours has. One that names Tacit::torch itself may include
# LibTorch.
function(tacit_target name visibility)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  target_sources(${name} PRIVATE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tacit_settings ${visibility} ${ARG_DEPENDS})
  if(Tacit::torch IN_LIST ARG_DEPENDS)
    target_precompile_headers(${name} REUSE_FROM tacit_torch_pch)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ${TACIT_UNITY} UNITY_BUILD_BATCH_SIZE ${TACIT_UNITY_BATCH})
  elseif(GTest::gtest IN_LIST ARG_DEPENDS)
    target_precompile_headers(${name} REUSE_FROM tacit_test_pch)
  else()
    target_precompile_headers(${name} REUSE_FROM tacit_pch)
  endif()
endfunction()

# tacit_library(NAME SOURCES … DEPENDS …)
function(tacit_library name)
  add_library(${name} STATIC)
  tacit_target(${name} PUBLIC ${ARGN})
endfunction()

# tacit_test_program(NAME SOURCES … DEPENDS …)
function(tacit_test_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name})
  tacit_target(${name} PRIVATE SOURCES ${ARG_SOURCES} DEPENDS ${ARG_DEPENDS} GTest::gtest)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_compile_definitions(${name} PRIVATE TACIT_FIXTURES="${PROJECT_SOURCE_DIR}/tests/oracle/fixtures")
endfunction()

# tacit_test(NAME n SOURCES … DEPENDS …): one GoogleTest program, one ctest entry.
function(tacit_test)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPENDS" ${ARGN})
  tacit_test_program(${ARG_NAME} SOURCES ${ARG_SOURCES} DEPENDS ${ARG_DEPENDS} GTest::gtest_main)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES TIMEOUT 600
    ENVIRONMENT "OMP_NUM_THREADS=1;LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp")
endfunction()

# How ranks of tests are started, by any MPI: what Open MPI 4 and 5 want to be told, others do not know as options of mpiexec. Open MPI
# never frees what it allocated in MPI_Init, from plug-ins that are gone when leaks are looked for.
set(TACIT_MPI_TEST_ENVIRONMENT
    "OMP_NUM_THREADS=1;OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;ASAN_OPTIONS=detect_leaks=0"
    "OMPI_MCA_rmaps_base_oversubscribe=1;PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe"
    "OMPI_MCA_hwloc_base_binding_policy=none;PRTE_MCA_hwloc_default_binding_policy=none")

# tacit_mpi_test(NAME n SOURCES … DEPENDS … RANKS 1 2 4): one GoogleTest program run at several rank counts.
function(tacit_mpi_test)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPENDS;RANKS" ${ARGN})
  tacit_test_program(${ARG_NAME} SOURCES ${ARG_SOURCES} "${PROJECT_SOURCE_DIR}/tests/mpi_main.cpp"
                     DEPENDS ${ARG_DEPENDS} tacit_dist Tacit::torch MPI::MPI_CXX)
  foreach(ranks IN LISTS ARG_RANKS)
    add_test(NAME ${ARG_NAME}_${ranks}_ranks
             COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${ARG_NAME}>)
    set_tests_properties(${ARG_NAME}_${ranks}_ranks PROPERTIES
      TIMEOUT 600 PROCESSORS ${ranks} LABELS mpi
      ENVIRONMENT "${TACIT_MPI_TEST_ENVIRONMENT}")
  endforeach()
endfunction()
