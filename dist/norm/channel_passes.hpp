// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

namespace tacit::dist {

/// The passes over memory of batch normalisation for activations [N, C] or [N, C, …] in float32, float64
/// or bfloat16. All tensors are on the CPU; per-channel arguments and results are float64 [C].
/// Arithmetic is float64, rounded once; of bfloat16 it is float32, with the mean in two parts, so that activations far
/// from zero do not cancel, and its sums are float64 of float32 (in rows of channels: of float32 sums of 32 values).

/// Local statistics of each channel; an empty input has count 0 and zeros.
struct ChannelMoments {
    std::int64_t count = 0; ///< values a channel
    at::Tensor mean;
    at::Tensor m2; ///< sum of squared deviations from `mean`
};

/// Contiguous or channels_last copy of `input` (itself if it already is dense).
at::Tensor dense_activations(const at::Tensor& input);

// The functions below take activations from dense_activations(), all in one memory format.

/// What follows a normalisation in the same pass.
struct Epilogue {
    at::Tensor residual = {}; ///< is added, rounded as an addition of its own is; undefined: none
    bool relu = false;        ///< and then max(·, 0)
};

ChannelMoments channel_moments(const at::Tensor& x);
/// (x - mean) * scale + shift and `then`, in the type and memory format of x.
at::Tensor channel_affine(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale, const at::Tensor& shift,
                          const Epilogue& then = {});

// Below, `y` is the result of channel_affine() where it ended with a ReLU, else undefined: dy counts where y > 0.

/// sum dy and sum dy * (x - mean) of each channel.
std::pair<at::Tensor, at::Tensor> channel_gradient_sums(const at::Tensor& dy, const at::Tensor& x,
                                                        const at::Tensor& mean, const at::Tensor& y = {});
/// a * dy - k * (x - mean) - b, in the type and memory format of x. `of_residual`, if it is defined, becomes dy where
/// it counts.
at::Tensor channel_input_gradient(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& mean,
                                  const at::Tensor& a, const at::Tensor& k, const at::Tensor& b,
                                  const at::Tensor& y = {}, const at::Tensor& of_residual = {});

} // namespace tacit::dist
