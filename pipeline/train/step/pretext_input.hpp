// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"
#include "pipeline/loader/batch.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace tacit::train {

/// How batches become tensors.
struct InputFormat {
    std::vector<double> mean; ///< per channel in [0, 1]
    std::vector<double> std;
    at::Device device = at::kCPU;
    bool channels_last = false; ///< memory format of the views
};

/// [count, C, H, W] float32 normalised views, channels-last in memory, as GPUs make them: bytes travel, all else is
/// done on the device. Differs from models::normalized_images() by rounding alone.
at::Tensor device_images(const loader::BatchView& view, std::int64_t count, const InputFormat& format);

/// The tensors of `batch`, for training and for judging (its first `limit` samples when limit > 0). Copies: the batch
/// may be reused after the call, or, where a GPU copies it from pinned memory, once the device's current stream has
/// come so far. global_count is `global_count`, or the number of samples taken when that is 0.
models::PretextInput pretext_input(const loader::Batch& batch, const InputFormat& format, std::int64_t global_count,
                                   std::int64_t limit = 0);

/// Those of `input` that lie on the training device: views, masks, rotations and permutations, as far as there are any.
std::vector<at::Tensor> device_tensors(const models::PretextInput& input);

} // namespace tacit::train
