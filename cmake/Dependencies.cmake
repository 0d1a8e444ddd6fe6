# SPDX-License-Identifier: Apache-2.0
# Every library that Tacit uses, as an imported target. Versions: docs/architecture.md, "Dependencies".

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(fmt 9 REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-cpp>=0.7)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg>=2.1)
add_library(Tacit::yaml ALIAS PkgConfig::YAML)
add_library(Tacit::turbojpeg ALIAS PkgConfig::TURBOJPEG)

set(HDF5_PREFER_PARALLEL OFF)
find_package(HDF5 REQUIRED COMPONENTS C)
if(HDF5_VERSION VERSION_LESS 1.10.5)
  message(FATAL_ERROR "HDF5 ${HDF5_VERSION} was found, but Tacit needs 1.10.5 or newer (chunk queries). "
                      "Run scripts/setup, or point CMAKE_PREFIX_PATH at a newer HDF5.")
endif()
add_library(tacit_hdf5 INTERFACE)
target_include_directories(tacit_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(tacit_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
target_compile_definitions(tacit_hdf5 INTERFACE ${HDF5_C_DEFINITIONS})
add_library(Tacit::hdf5 ALIAS tacit_hdf5)

if(MPI_CXX_VERSION VERSION_LESS 3.1)
  message(FATAL_ERROR "MPI ${MPI_CXX_VERSION} was found, but Tacit needs an MPI 3.1 library such as Open MPI 4.1. "
                      "Run scripts/setup, or set MPI_HOME.")
endif()

include(FindLibTorch)
if(TACIT_TESTS)
  find_package(GTest 1.12 REQUIRED)
  find_path(RAPIDCHECK_INCLUDE_DIR rapidcheck.h REQUIRED)
  find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
  add_library(tacit_rapidcheck INTERFACE)
  target_include_directories(tacit_rapidcheck SYSTEM INTERFACE "${RAPIDCHECK_INCLUDE_DIR}")
  target_link_libraries(tacit_rapidcheck INTERFACE "${RAPIDCHECK_LIBRARY}")
  add_library(Tacit::rapidcheck ALIAS tacit_rapidcheck)
endif()
