# SPDX-License-Identifier: Apache-2.0
# Imported targets of our own for LibTorch: the CMake package inside a CUDA wheel insists on a CUDA toolkit, and
# libtorch.so pulls the CUDA half into CPU programs. Defines Tacit::torch (torch_cpu and c10) and, with TACIT_CUDA,
# Tacit::torch_cuda and Tacit::nccl.
#
# Torch_ROOT or TORCH_ROOT (variable or environment) alone counts where it is set; otherwise CMAKE_PREFIX_PATH and the cache folder that
# scripts/setup fills are looked through.

set(TACIT_TORCH_MINIMUM 2.11)
set(torch_roots ${Torch_ROOT} ${TORCH_ROOT} $ENV{Torch_ROOT} $ENV{TORCH_ROOT})
set(torch_told "${torch_roots}")
if(NOT torch_roots)
  set(torch_roots ${CMAKE_PREFIX_PATH} "${tacit_cache}/libtorch-2.11.0/torch")
endif()

unset(TORCH_INCLUDE_DIR CACHE) # another Torch_ROOT than that of the last time counts
find_path(TORCH_INCLUDE_DIR torch/headeronly/version.h PATHS ${torch_roots} PATH_SUFFIXES include torch/include NO_DEFAULT_PATH)
if(NOT TORCH_INCLUDE_DIR AND torch_told)
  list(JOIN torch_told " or " torch_told)
  message(FATAL_ERROR "No LibTorch >= ${TACIT_TORCH_MINIMUM} in ${torch_told}, where Torch_ROOT says: it must name the folder that holds "
                      "its include/ and lib/, such as site-packages/torch.")
elseif(NOT TORCH_INCLUDE_DIR)
  message(FATAL_ERROR "LibTorch >= ${TACIT_TORCH_MINIMUM} was not found in ${tacit_cache}. Run scripts/setup --libtorch, or set Torch_ROOT "
                      "to the folder that holds its include/ and lib/.")
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
  unset(${name}_LIBRARY CACHE)
  find_library(${name}_LIBRARY ${library} PATHS "${TORCH_LIBRARY_DIR}" NO_DEFAULT_PATH)
  if(NOT ${name}_LIBRARY)
    message(FATAL_ERROR "LibTorch in ${TORCH_LIBRARY_DIR} lacks lib${library}.so. ${ARGN}")
  endif()
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
# at::parallel_for is a loop on one thread where the file that calls it is compiled without OpenMP (cmake/Dependencies.cmake).
# Its flags and not its target, by which the compiler's own libgomp would come before LibTorch's.
separate_arguments(openmp_flags UNIX_COMMAND "${OpenMP_CXX_FLAGS}")
target_compile_options(tacit_torch INTERFACE ${openmp_flags})
target_link_options(tacit_torch INTERFACE ${openmp_flags})
target_link_libraries(tacit_torch INTERFACE tacit_torch_cpu tacit_c10 Threads::Threads)
# The CUDA build of libtorch_cpu.so needs libcudart and libcupti, which lie beside it in the wheel's own layout.
target_link_options(tacit_torch INTERFACE -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags)
add_library(Tacit::torch ALIAS tacit_torch)

if(TACIT_CUDA)
  set(cuda_remedy "Run scripts/setup --cuda, or set Torch_ROOT to a LibTorch with CUDA.")
  tacit_torch_library(tacit_c10_cuda c10_cuda "${cuda_remedy}")
  tacit_torch_library(tacit_torch_cuda_library torch_cuda "${cuda_remedy}")
  find_package(CUDAToolkit 13 QUIET)
  find_path(NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(NOT CUDAToolkit_FOUND OR NOT NCCL_INCLUDE_DIR OR NOT NCCL_LIBRARY)
    message(FATAL_ERROR "TACIT_CUDA needs CUDA 13 or newer and NCCL with its header nccl.h. Put nvcc on PATH or set CUDAToolkit_ROOT, and "
                        "set NCCL_INCLUDE_DIR and NCCL_LIBRARY where NCCL lies elsewhere.")
  endif()
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
