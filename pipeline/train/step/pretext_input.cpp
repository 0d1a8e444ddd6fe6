// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/pretext_input.hpp"

#include <algorithm>
#include <torch/types.h>

#include <algorithm>
#include <memory_resource>

namespace tacit::train {

namespace {

/// `values` on the host as a tensor that only this file reads: from_blob takes a mutable pointer.
template <class T> at::Tensor host_tensor(const std::pmr::vector<T>& values, at::IntArrayRef shape) {
    auto* first = const_cast<T*>(values.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    return torch::from_blob(first, shape, c10::CppTypeToScalarType<T>::value);
}

at::Tensor to_device(const at::Tensor& host, at::Device device) {
    return host.to(device, /*non_blocking=*/true);
}

/// One number a channel, on the device, from memory that it copies from without being waited for.
at::Tensor channel_values(const std::vector<double>& values, at::Device device) {
    at::Tensor host = torch::empty({static_cast<std::int64_t>(values.size()), 1, 1},
                                   torch::TensorOptions(torch::kFloat).pinned_memory(device.is_cuda()));
    std::transform(values.begin(), values.end(), host.mutable_data_ptr<float>(),
                   [](double value) { return static_cast<float>(value); });
    return to_device(host, device);
}

at::Tensor view_tensor(const loader::BatchView& view, std::int64_t count, const InputFormat& format) {
    const auto memory = format.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    if (!format.device.is_cpu()) {
        return device_images(view, count, format).contiguous(memory);
    }
    const at::Tensor images =
        view.values.empty() ? models::normalized_images(view.pixels.data(), count, view.shape, format.mean, format.std)
                            : models::normalized_images(view.values.data(), count, view.shape, format.mean, format.std);
    return images.contiguous(memory);
}

/// Bytes travel, floats are made on the device.
at::Tensor mask_tensor(const loader::BatchView& view, std::int64_t count, const InputFormat& format) {
    if (view.masks.empty()) {
        return {};
    }
    const augment::MaskShape& shape = view.mask_shape;
    return to_device(host_tensor(view.masks, {count, shape.planes, shape.height, shape.width}), format.device)
        .to(torch::kFloat32);
}

/// Rotations or permutations.
at::Tensor class_tensor(const std::pmr::vector<std::int32_t>& classes, std::int64_t count, const InputFormat& format) {
    return classes.empty() ? at::Tensor() : to_device(host_tensor(classes, {count}), format.device).to(torch::kInt64);
}

} // namespace

at::Tensor device_images(const loader::BatchView& view, std::int64_t count, const InputFormat& format) {
    const bool levels = view.values.empty();
    const std::vector<std::int64_t> shape = {count, view.shape.height, view.shape.width, view.shape.channels};
    const at::Tensor host = levels ? host_tensor(view.pixels, shape) : host_tensor(view.values, shape);
    std::vector<double> scale, shift;
    for (std::size_t channel = 0; channel < format.mean.size(); ++channel) {
        scale.push_back(1 / (format.std[channel] * (levels ? 255 : 1)));
        shift.push_back(-format.mean[channel] / format.std[channel]);
    }
    // [N, H, W, C] in memory is channels-last of [N, C, H, W].
    const at::Tensor images = to_device(host, format.device)
                                  .permute({0, 3, 1, 2})
                                  .to(torch::kFloat32, /*non_blocking=*/false,
                                      /*copy=*/true); // of floats too: on a CPU they are the batch's own
    return images.mul_(channel_values(scale, format.device)).add_(channel_values(shift, format.device));
}

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

std::vector<at::Tensor> device_tensors(const models::PretextInput& input) {
    std::vector<at::Tensor> tensors;
    for (const auto* list : {&input.views, &input.masks, &input.rotations, &input.permutations}) {
        for (const at::Tensor& tensor : *list) {
            if (tensor.defined()) {
                tensors.push_back(tensor);
            }
        }
    }
    return tensors;
}

} // namespace tacit::train
