// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/step/context.hpp"

#include <ATen/core/Tensor.h>

#include <string_view>

namespace tacit::models {

// Random numbers of a pretext. The rule: what is drawn for a sample (a code, noise, a dropout mask) is keyed by
// (seed, step, stream, sample id), and what is drawn for all (a permutation, a probe direction) by (seed, step,
// stream) alone. So draws do not depend on the number of ranks, micro-batches or threads, and a checkpoint holds no
// generator. Nothing may be drawn from LibTorch's own generator, which knows no samples. `stream` names the purpose
// ("code", "noise of view 0"): draws of different streams are independent. Philox4x32-10, as in the augmentation.

/// [N, sizes…] float32, uniform in [0, 1), for `ids` [N] int64 on the host; on the device `device`.
at::Tensor uniform_draws(const StepContext& context, std::string_view stream, const at::Tensor& ids,
                         at::IntArrayRef sizes, at::Device device = at::kCPU);
/// The same, standard normal (Box & Muller 1958).
at::Tensor normal_draws(const StepContext& context, std::string_view stream, const at::Tensor& ids,
                        at::IntArrayRef sizes, at::Device device = at::kCPU);

/// A random permutation of 0 … count - 1 (Fisher & Yates), [count] int64 on the host, the same on all ranks.
at::Tensor permutation_draw(const StepContext& context, std::string_view stream, std::int64_t count);

} // namespace tacit::models
