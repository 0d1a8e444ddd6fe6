// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace tacit {

/// Tensors by name, in an order that counts: parameters, gradients, the content of a weight file.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

} // namespace tacit
