// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "dist/norm/channel_passes.hpp"

#include <torch/nn/module.h>

namespace tacit::dist {

/// While it lives, forward passes of this thread leave running statistics as they are: for passes that are run again.
class RunningStatisticsPause {
  public:
    RunningStatisticsPause() { ++depth; }
    ~RunningStatisticsPause() { --depth; }
    RunningStatisticsPause(const RunningStatisticsPause&) = delete;
    RunningStatisticsPause& operator=(const RunningStatisticsPause&) = delete;
    static bool active() { return depth > 0; }

  private:
    static thread_local int depth;
};

/// Batch normalisation over the *global* batch (Ioffe & Szegedy 2015), for [N, C] and [N, C, H, W].
/// Parameters and buffers are named as torch.nn.BatchNorm2d: weight, bias, running_mean, running_var,
/// num_batches_tracked. Statistics are merged over ranks in fp64 by one all-reduce of (n, n*mean, M2)
/// about a shared reference, on GPUs in fp32 by one all-gather; those of a batch that are not finite do not stay in the
/// running statistics. Ranks may hold different or no samples. Gradients of gradients (create_graph) span ranks
/// too. In eval mode uses running statistics, no communication. eps 1e-5, momentum 0.1 as torchvision. In training,
/// forward and backward are collective (a rank without samples passes an empty input); throws std::invalid_argument
/// when dimension 1 is not `channels`, ConfigError on all ranks when the global batch has one value per channel. `comm`
/// must outlive the graph.
class BatchNormImpl : public torch::nn::Module {
  public:
    BatchNormImpl(std::int64_t channels, Communicator& comm, double eps = 1e-5, double momentum = 0.1);
    at::Tensor forward(const at::Tensor& input);
    /// relu(forward(input)), or relu(forward(input) + residual) for one of the same shape, which counts as one
    /// of the input's type; in the same bits and, on the CPU, fewer passes over memory.
    at::Tensor forward_relu(const at::Tensor& input, const at::Tensor& residual = {});

    at::Tensor weight, bias, running_mean, running_var, num_batches_tracked;

  private:
    at::Tensor forward_then(const at::Tensor& input, const Epilogue& then);
    at::Tensor forward_global(const at::Tensor& input, const Epilogue& then);
    /// forward() on a GPU, with LibTorch's kernels and statistics in fp32.
    at::Tensor forward_on_device(const at::Tensor& input);
    /// Running statistics after a batch of `mean` and unbiased `variance`, float64.
    void follow(const at::Tensor& mean, const at::Tensor& variance);

    Communicator* comm_;
    double eps_;
    double momentum_;
};
TORCH_MODULE(BatchNorm);

} // namespace tacit::dist
