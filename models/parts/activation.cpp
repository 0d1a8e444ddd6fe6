// SPDX-License-Identifier: Apache-2.0
#include "models/parts/activation.hpp"

#include <torch/types.h>

#include <algorithm>
#include <stdexcept>

namespace tacit::models {
namespace {

/// In the order of Activation::Kind.
const std::vector<std::string>& activation_names() {
    static const std::vector<std::string> names = {"none", "relu", "leaky_relu", "gelu", "tanh", "sigmoid"};
    return names;
}

} // namespace

std::vector<std::string> Activation::names() {
    return activation_names();
}

Activation::Activation(const std::string& name) : kind_(Kind::none) {
    const auto& known = activation_names();
    const auto place = std::find(known.begin(), known.end(), name);
    if (place == known.end()) {
        throw std::invalid_argument("no activation is called " + name);
    }
    kind_ = static_cast<Kind>(place - known.begin());
}

std::string Activation::name() const {
    return activation_names()[static_cast<std::size_t>(kind_)];
}

at::Tensor Activation::operator()(const at::Tensor& input) const {
    switch (kind_) {
    case Kind::relu:
        return input.relu();
    case Kind::leaky_relu:
        return at::leaky_relu(input);
    case Kind::gelu:
        return at::gelu(input);
    case Kind::tanh:
        return input.tanh();
    case Kind::sigmoid:
        return input.sigmoid();
    default:
        return input;
    }
}

at::Tensor Activation::operator()(Norm& norm, const at::Tensor& input) const {
    return kind_ == Kind::relu ? norm.relu(input) : (*this)(norm(input));
}

} // namespace tacit::models
