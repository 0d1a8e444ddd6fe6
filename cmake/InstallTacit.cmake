# SPDX-License-Identifier: Apache-2.0
# `cmake --install` gives a folder that can be moved: bin/tacit finds LibTorch in lib/ beside it. Libraries that lie elsewhere than where
# the loader looks by itself (a cluster's modules) keep their places.

if(TACIT_PROGRAM)
  file(GLOB tacit_runtime "${TORCH_LIBRARY_DIR}/libtorch_cpu.so*" "${TORCH_LIBRARY_DIR}/libc10.so*"
       "${TORCH_LIBRARY_DIR}/libgomp*.so*")
  file(GLOB tacit_nvidia_runtime "${TORCH_LIBRARY_DIR}/../../nvidia/cu13/lib/libcudart.so*"
       "${TORCH_LIBRARY_DIR}/../../nvidia/cu13/lib/libcupti.so*")
  if(TACIT_CUDA)
    file(GLOB tacit_cuda_runtime "${TORCH_LIBRARY_DIR}/libtorch_cuda*.so*" "${TORCH_LIBRARY_DIR}/libc10_cuda.so*")
  endif()
  set_target_properties(tacit PROPERTIES INSTALL_RPATH "$ORIGIN/../lib" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS tacit RUNTIME DESTINATION bin)
  install(FILES ${tacit_runtime} ${tacit_nvidia_runtime} ${tacit_cuda_runtime} DESTINATION lib)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/configs" "${PROJECT_SOURCE_DIR}/slurm" DESTINATION share/tacit)
endif()
