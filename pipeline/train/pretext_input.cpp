// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/pretext_input.hpp"

#include <algorithm>
#include <torch/types.h>

namespace tacit::train {

namespace {

at::Tensor view_tensor(const loader::BatchView& view, std::int64_t count, const InputFormat& format) {
    const at::Tensor images =
        view.values.empty() ? models::normalized_images(view.pixels.data(), count, view.shape, format.mean, format.std)
                            : models::normalized_images(view.values.data(), count, view.shape, format.mean, format.std);
    const auto memory = format.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    return images.to(format.device).contiguous(memory);
}

at::Tensor mask_tensor(const loader::BatchView& view, std::int64_t count, const InputFormat& format) {
    if (view.masks.empty())
        return {};
    // from_blob takes a mutable pointer; the tensor is only read, by the conversion.
    auto* bytes = const_cast<std::uint8_t*>(view.masks.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    return torch::from_blob(bytes, {count, view.mask_shape.planes, view.mask_shape.height, view.mask_shape.width},
                            torch::kUInt8)
        .to(torch::kFloat32)
        .to(format.device);
}

/// Rotations or permutations.
at::Tensor class_tensor(const std::vector<std::int32_t>& classes, std::int64_t count, const InputFormat& format) {
    if (classes.empty())
        return {};
    auto* first = const_cast<std::int32_t*>(classes.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    return torch::from_blob(first, {count}, torch::kInt32).to(torch::kInt64).to(format.device);
}

} // namespace

models::PretextInput pretext_input(const loader::Batch& batch, const InputFormat& format, std::int64_t global_count,
                                   std::int64_t limit) {
    const std::int64_t count = limit > 0 ? std::min(limit, batch.count) : batch.count;
    models::PretextInput input;
    for (const loader::BatchView& view : batch.views) {
        input.views.push_back(view_tensor(view, count, format));
        input.masks.push_back(mask_tensor(view, count, format));
        input.rotations.push_back(class_tensor(view.rotation, count, format));
        input.permutations.push_back(class_tensor(view.permutation, count, format));
    }
    input.ids = torch::tensor(at::ArrayRef<std::int64_t>(batch.ids).slice(0, static_cast<std::size_t>(count)));
    input.labels = torch::tensor(at::ArrayRef<std::int32_t>(batch.labels).slice(0, static_cast<std::size_t>(count)))
                       .to(torch::kInt64);
    input.global_count = global_count > 0 ? global_count : count;
    return input;
}

} // namespace tacit::train
