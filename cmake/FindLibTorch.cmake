# SPDX-License-Identifier: Apache-2.0
# Imported targets of our own for LibTorch: the CMake package inside a CUDA wheel insists on a CUDA toolkit, and
# libtorch.so pulls the CUDA half into CPU programs. Defines Tacit::torch (torch_cpu and c10) and, with TACIT_CUDA,
# Tacit::torch_cuda and Tacit::nccl.
#
# Looked for in this order: Torch_ROOT or TORCH_ROOT (variable or environment), CMAKE_PREFIX_PATH, and the cache
# folder that scripts/setup fills.

set(TACIT_TORCH_MINIMUM 2.11)
if(DEFINED ENV{XDG_CACHE_HOME})
  set(tacit_cache "$ENV{XDG_CACHE_HOME}/tacit")
else()
  set(tacit_cache "$ENV{HOME}/.cache/tacit")
endif()

find_path(TORCH_INCLUDE_DIR torch/headeronly/version.h
          HINTS ${Torch_ROOT} ${TORCH_ROOT} $ENV{Torch_ROOT} $ENV{TORCH_ROOT}
          PATHS ${CMAKE_PREFIX_PATH} "${tacit_cache}/libtorch-2.11.0/torch"
          PATH_SUFFIXES include torch/include
          NO_DEFAULT_PATH)
if(NOT TORCH_INCLUDE_DIR)
  message(FATAL_ERROR "LibTorch >= ${TACIT_TORCH_MINIMUM} was not found. Run scripts/setup, or set Torch_ROOT to the "
                      "folder that holds its include/ and lib/.")
endif()
file(STRINGS "${TORCH_INCLUDE_DIR}/torch/headeronly/version.h" version_lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE "[^0-9;]" "" version_numbers "${version_lines}")
list(JOIN version_numbers "." TORCH_VERSION)
if(TORCH_VERSION VERSION_LESS TACIT_TORCH_MINIMUM)
  message(FATAL_ERROR "LibTorch ${TORCH_VERSION} in ${TORCH_INCLUDE_DIR} is older than ${TACIT_TORCH_MINIMUM}. "
                      "Run scripts/setup, or set Torch_ROOT to a newer one.")
endif()
get_filename_component(TORCH_LIBRARY_DIR "${TORCH_INCLUDE_DIR}/../lib" ABSOLUTE)
message(STATUS "Found LibTorch ${TORCH_VERSION}: ${TORCH_LIBRARY_DIR}")

# NAME LIBRARY: an imported shared library out of TORCH_LIBRARY_DIR.
function(tacit_torch_library name library)
  find_library(${name}_LIBRARY ${library} PATHS "${TORCH_LIBRARY_DIR}" NO_DEFAULT_PATH REQUIRED)
  add_library(${name} SHARED IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION "${${name}_LIBRARY}")
endfunction()

tacit_torch_library(tacit_c10 c10)
tacit_torch_library(tacit_torch_cpu torch_cpu)
add_library(tacit_torch INTERFACE)
# LibTorch brings an fmt of its own, whose headers come first where it is used, and not its library. Header-only fmt costs two seconds a file,
# so the others take the system's.
target_compile_definitions(tacit_torch INTERFACE FMT_HEADER_ONLY=1)
target_include_directories(tacit_torch SYSTEM INTERFACE "${TORCH_INCLUDE_DIR}" "${TORCH_INCLUDE_DIR}/torch/csrc/api/include")
target_link_libraries(tacit_torch INTERFACE tacit_torch_cpu tacit_c10 Threads::Threads)
# The CUDA build of libtorch_cpu.so needs libcudart and libcupti, which lie beside it in the wheel's own layout.
target_link_options(tacit_torch INTERFACE -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags)
add_library(Tacit::torch ALIAS tacit_torch)

if(TACIT_CUDA)
  find_package(CUDAToolkit 13 REQUIRED)
  find_path(NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS} REQUIRED)
  find_library(NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR} REQUIRED)
  tacit_torch_library(tacit_c10_cuda c10_cuda)
  tacit_torch_library(tacit_torch_cuda_library torch_cuda)
  add_library(tacit_torch_cuda INTERFACE)
  target_include_directories(tacit_torch_cuda SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  # torch_cuda registers its kernels when it is loaded: keep it although no symbol of it may be named.
  target_link_libraries(tacit_torch_cuda INTERFACE tacit_torch -Wl,--no-as-needed tacit_torch_cuda_library tacit_c10_cuda
                                                   -Wl,--as-needed CUDA::cudart)
  add_library(Tacit::torch_cuda ALIAS tacit_torch_cuda)
  add_library(tacit_nccl INTERFACE)
  target_include_directories(tacit_nccl SYSTEM INTERFACE "${NCCL_INCLUDE_DIR}")
  target_link_libraries(tacit_nccl INTERFACE "${NCCL_LIBRARY}")
  add_library(Tacit::nccl ALIAS tacit_nccl)
endif()
