// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace tacit::models {

/// run(input) without keeping its intermediate results: the backward pass runs it again for its gradients (Chen et al.
/// 2016). `parameters` are all that `run` trains; whatever else it reads must not change until then, and its result
/// must follow from these alone: what it draws is drawn before. Running statistics of batch norms follow the first run
/// only. Without gradient it is run(input). Gradients of gradients throw std::logic_error.
at::Tensor recomputed(const std::function<at::Tensor(const at::Tensor&)>& run, const at::Tensor& input,
                      const std::vector<at::Tensor>& parameters);

} // namespace tacit::models
