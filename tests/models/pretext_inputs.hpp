// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <string>

namespace tacit::models {

/// A backbone and a pretext around it from one line of YAML each, made with `seed`.
inline std::shared_ptr<Pretext> build_pretext(const std::string& pretext, const std::string& model,
                                              augment::ImageShape shape, dist::Communicator& comm, std::uint64_t seed) {
    torch::manual_seed(seed);
    auto document = config::Document::from_text("model: " + model + "\npretext: " + pretext + "\n", "test.yaml");
    auto result = make_pretext(document.root().section("pretext"), document.root().section("model"), shape, comm);
    document.finish();
    return result;
}

/// Samples [begin, end) of a batch of `count` synthetic images [3, size, size] for `needs`, the same for every slice:
/// bright spots on a gradient; further views are noisy copies, rotations are quarter turns, masks hide a block.
inline PretextInput synthetic_input(const ViewNeeds& needs, std::int64_t step, std::int64_t count, std::int64_t begin,
                                    std::int64_t end, std::int64_t size = 16) {
    auto generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(1000 + step));
    const auto options = torch::TensorOptions(torch::kDouble);
    const auto axis = torch::linspace(-1, 1, size, options);
    const auto centres = torch::rand({count, 3, 2}, generator, options) * 1.2 - 0.6;
    const auto dy = (axis.view({1, 1, size, 1}) - centres.select(2, 0).view({count, 3, 1, 1})).square();
    const auto dx = (axis.view({1, 1, 1, size}) - centres.select(2, 1).view({count, 3, 1, 1})).square();
    // Noise, so that no two pixels are alike: one rounding difference must not switch many ReLUs at once.
    const auto images = 2 * torch::exp(-8 * (dx + dy)) + 0.5 * axis.view({1, 1, size, 1}) +
                        0.2 * torch::randn({count, 3, size, size}, generator, options);
    PretextInput input;
    input.global_count = count;
    input.ids = torch::arange(begin, end);
    input.labels = torch::full({end - begin}, -1, torch::kLong);
    input.at.step = step;
    for (int view = 0; view < needs.views; ++view) {
        auto pixels = images;
        at::Tensor rotation, mask;
        if (needs.rotation) {
            pixels = torch::rot90(images, view, {2, 3});
            rotation = torch::full({end - begin}, view, torch::kLong);
        } else if (view > 0) {
            pixels = images + 0.3 * torch::randn(images.sizes(), generator, options);
        }
        if (needs.mask) {
            mask = torch::zeros({count, 1, size, size}, options);
            mask.narrow(2, size / 4, size / 2).narrow(3, size / 4, size / 2).fill_(1);
            mask = mask.slice(0, begin, end);
        }
        input.views.push_back(pixels.slice(0, begin, end).contiguous(at::MemoryFormat::ChannelsLast));
        input.rotations.push_back(rotation);
        input.masks.push_back(mask);
    }
    return input;
}

inline PretextInput converted(PretextInput input, at::ScalarType type) {
    for (auto* tensors : {&input.views, &input.masks}) {
        for (auto& tensor : *tensors) {
            tensor = tensor.defined() ? tensor.to(type) : tensor;
        }
    }
    return input;
}

} // namespace tacit::models
