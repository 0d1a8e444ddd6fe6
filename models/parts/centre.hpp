// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <torch/nn/module.h>

namespace tacit::models {

/// Moving mean of what a teacher gives, which is taken from it so that no dimension wins everywhere (DINO, Caron et al.
/// 2021, section 3.1). A buffer, the same on every rank, zero at the start.
class CentreImpl : public torch::nn::Module {
  public:
    CentreImpl(std::int64_t dimensions, dist::Communicator& comm);
    /// Collective: centre = momentum centre + (1 - momentum) mean of [n, D] over the rows of all ranks, equal n.
    void update(const at::Tensor& rows, double momentum);
    /// [D] float32; changed in place by update().
    const at::Tensor& value() const { return value_; }

  private:
    dist::Communicator* comm_;
    at::Tensor value_;
};
TORCH_MODULE(Centre);

} // namespace tacit::models
