// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <torch/nn/module.h>

namespace tacit::models {

/// The latest feature vectors of all ranks, a ring of fixed size (MoCo, He et al. 2020, section 3.2). Starts with
/// random unit vectors, drawn from LibTorch's generator when it is made. All of it is buffers, the same on every rank.
class FeatureQueueImpl : public torch::nn::Module {
  public:
    FeatureQueueImpl(std::int64_t size, std::int64_t dimensions, dist::Communicator& comm);
    /// Collective: [n, D] of each rank, equal n, take the place of the oldest, in the order of ranks. n * ranks <= K.
    void push(const at::Tensor& rows);
    /// [K, D] float32; changed in place by push().
    const at::Tensor& rows() const { return rows_; }

  private:
    dist::Communicator* comm_;
    at::Tensor rows_;
    at::Tensor oldest_; ///< int64, the place of the next row
};
TORCH_MODULE(FeatureQueue);

} // namespace tacit::models
