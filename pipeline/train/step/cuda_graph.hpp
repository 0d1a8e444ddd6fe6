// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/train/step/device_graph.hpp"

namespace tacit::train {

/// Of the current GPU, by at::cuda::CUDAGraph. In builds for GPUs alone.
std::unique_ptr<DeviceGraph> make_cuda_graph();

} // namespace tacit::train
