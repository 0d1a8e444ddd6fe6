// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "dist/norm/batch_norm.hpp"

#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>

namespace tacit::models {

/// Normalisation after a convolution: batch norm over all ranks, group norm (Wu & He 2018), or none.
enum class NormKind { none, batch, group };

/// "none", "batch" and "group", for config::Section::choice.
NormKind norm_kind(const std::string& name);

/// Groups of a group norm over so many channels: 32, or the most that divide both.
std::int64_t norm_groups(std::int64_t channels);

/// A normalisation of `channels` channels, to be registered by the module that owns it. Copies share it.
class Norm {
  public:
    Norm(NormKind kind, std::int64_t channels, dist::Communicator& comm);
    at::Tensor operator()(const at::Tensor& input);
    /// relu(norm(input)), or relu(norm(input) + residual).
    at::Tensor relu(const at::Tensor& input, const at::Tensor& residual = {});
    /// nullptr for NormKind::none.
    std::shared_ptr<torch::nn::Module> module() const;

  private:
    dist::BatchNorm batch_ = nullptr;
    torch::nn::GroupNorm group_ = nullptr;
};

} // namespace tacit::models
