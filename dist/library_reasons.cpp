// SPDX-License-Identifier: Apache-2.0
#include "dist/library_reasons.hpp"

#include "pipeline/base/words.hpp"

#include <fmt/format.h>

namespace tacit::dist {
namespace {

// Of cudaError_t, for builds without CUDA's header.
constexpr int kMemoryAllocation = 2;
constexpr int kDevicesUnavailable = 46;
constexpr int kNoKernelImage = 209;

constexpr std::string_view kLostDevice = "the GPU failed, or was lost; look at nvidia-smi and the system's log, and "
                                         "start the same command again";

std::string_view meaning_of_cuda(int code) {
    switch (code) {
    case kMemoryAllocation:
        return kDeviceMemory;
    case kDevicesUnavailable:
        return "another process uses the GPU, which admits one alone; look at nvidia-smi, and start when it has ended";
    case kNoKernelImage:
        return "LibTorch has no code for this GPU; use another GPU or LibTorch, or the CPU (train.device, --device)";
    default:
        return kLostDevice;
    }
}

std::string_view meaning_of_nccl(int code, const std::string& said) {
    switch (static_cast<NcclCode>(code)) {
    case NcclCode::cuda_error:
        return said.find("out of memory") != std::string::npos ? kDeviceMemory : kLostDevice;
    case NcclCode::system_error:
        return "the system refused NCCL something; look at free space in /dev/shm (a container's --shm-size), at "
               "limits of files and locked memory (ulimit -n, -l), and at the network between hosts";
    case NcclCode::remote_error:
        return "another rank ended, or cannot be reached; see what the other ranks say, and the network between their "
               "hosts";
    default:
        return "NCCL refused it; please report it with the command and this line";
    }
}

} // namespace

std::string first_line(std::string_view text) {
    return one_line(text.substr(0, text.find('\n')));
}

std::string cuda_reason(int code) {
    return fmt::format("{} (CUDA code {})", meaning_of_cuda(code), code);
}

std::string nccl_reason(int code, const std::string& said) {
    const std::string own = said.empty() ? "NCCL_DEBUG=INFO tells more" : first_line(said);
    return fmt::format("{} ({}; NCCL code {})", meaning_of_nccl(code, said), own, code);
}

} // namespace tacit::dist
