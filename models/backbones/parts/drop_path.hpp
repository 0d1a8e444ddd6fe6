// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/step/context.hpp"

#include <ATen/core/Tensor.h>

#include <string>

namespace tacit::models {

/// Draws of the forward passes of a step, keyed by sample (models/step/draws.hpp): a pass of N images belongs to the
/// samples of the step in turn, all of the first view, then all of the next. Passes of a step differ.
class SampleDraws {
  public:
    explicit SampleDraws(std::string stream) : stream_(std::move(stream)) {}
    /// `ids`: [n] int64 on the host, the samples of the passes to come.
    void begin(const StepContext& at, const at::Tensor& ids);
    /// [count, images] uniform in [0, 1). Throws std::logic_error before begin(), or if `images` is no multiple of n.
    at::Tensor next(std::int64_t images, std::int64_t count, at::Device device);

  private:
    std::string stream_;
    StepContext at_;
    at::Tensor ids_;
    std::int64_t passes_ = 0;
};

/// Gains of drop path (Huang et al. 2016): row r of `uniform` [2 depth, N] is of block r / 2, which is left out with
/// probability rate * block / (depth - 1), else divided by what that leaves.
at::Tensor drop_path_gains(const at::Tensor& uniform, double rate);

} // namespace tacit::models
