// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tacit::dist {

/// The first line of what a library says, shortened, fit for parentheses in a message. Thread-safe, as all here.
std::string first_line(std::string_view text);

/// What is wrong and what to do where a GPU has no memory left.
inline constexpr std::string_view kDeviceMemory = "the GPU is out of memory; raise train.accumulate or lower "
                                                  "train.batch, in judging lower eval.batch or eval.finetune.batch";

/// What an error code of CUDA (cudaError_t) most likely means and what to do.
std::string cuda_reason(int code);

/// ncclResult_t, for builds without NCCL's header.
enum class NcclCode { cuda_error = 1, system_error = 2, remote_error = 6 };

/// The same of NCCL's code; `said` is NCCL's own text (ncclGetLastError), which may be empty.
std::string nccl_reason(int code, const std::string& said);

} // namespace tacit::dist
