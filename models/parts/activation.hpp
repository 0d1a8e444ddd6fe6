// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/parts/norm.hpp"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace tacit::models {

/// What follows a layer, element by element.
class Activation {
  public:
    enum class Kind { none, relu, leaky_relu, gelu, tanh, sigmoid };

    /// For config::Section::choice.
    static std::vector<std::string> names();
    /// `name`: one of names(); leaky_relu has slope 0.01 (torch.nn.LeakyReLU).
    explicit Activation(const std::string& name);
    at::Tensor operator()(const at::Tensor& input) const;
    /// Of the normalised input.
    at::Tensor operator()(Norm& norm, const at::Tensor& input) const;
    Kind kind() const { return kind_; }
    std::string name() const;

  private:
    Kind kind_;
};

} // namespace tacit::models
