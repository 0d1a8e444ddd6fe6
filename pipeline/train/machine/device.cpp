// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/machine/device.hpp"

#include "pipeline/base/error.hpp"

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/cuda.h>

#include <fmt/format.h>

namespace tacit::train {

at::Device pick_device(const std::string& wish, const std::string& key, const dist::Communicator& comm) {
    if (wish == "cpu") {
        return at::kCPU;
    }
    if (!torch::cuda::is_available()) {
        if (wish == "cuda") {
            throw ConfigError(fmt::format("{} is cuda, but this build or machine has no usable GPU; use cpu, or build "
                                          "with the preset `cuda`",
                                          key));
        }
        return at::kCPU;
    }
    const int gpus = static_cast<int>(torch::cuda::device_count());
    if (comm.local_size() > gpus && gpus > 1) { // one visible GPU a rank may be another GPU for each (--gpus-per-task)
        throw ConfigError(fmt::format("{} ranks on this host see {} GPUs; start at most one rank a GPU, or set {} to "
                                      "cpu",
                                      comm.local_size(), gpus, key));
    }
    return {at::kCUDA, static_cast<at::DeviceIndex>(comm.local_rank() % gpus)};
}

void use_device(at::Device device, bool exact) {
    if (exact) {
        at::globalContext().setAllowTF32CuDNN(false);
        at::globalContext().setAllowTF32CuBLAS(false);
        at::globalContext().setDeterministicCuDNN(true);
    }
    if (device.is_cuda()) {
        c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(device);
    }
}

} // namespace tacit::train
