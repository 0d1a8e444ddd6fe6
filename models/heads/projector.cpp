// SPDX-License-Identifier: Apache-2.0
#include "models/heads/projector.hpp"

#include <fmt/format.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

namespace tacit::models {

ProjectorImpl::ProjectorImpl(std::int64_t in, const std::vector<std::int64_t>& sizes, ProjectorNorm norm,
                             dist::Communicator& comm) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const bool last = i + 1 == sizes.size();
        const bool normalised = norm == ProjectorNorm::all || (norm == ProjectorNorm::hidden && !last);
        const torch::nn::Linear linear(
            torch::nn::LinearOptions(i == 0 ? in : sizes[i - 1], sizes[i]).bias(!normalised));
        linears_.push_back(register_module(fmt::format("linear{}", i + 1), linear));
        norms_.push_back(normalised ? register_module(fmt::format("norm{}", i + 1), dist::BatchNorm(sizes[i], comm))
                                    : dist::BatchNorm(nullptr));
    }
}

at::Tensor ProjectorImpl::forward(const at::Tensor& features) {
    auto output = features;
    for (std::size_t i = 0; i < linears_.size(); ++i) {
        output = linears_[i](output);
        const bool hidden = i + 1 < linears_.size();
        if (norms_[i].is_empty()) {
            output = hidden ? output.relu_() : output;
        } else {
            output = hidden ? norms_[i]->forward_relu(output) : norms_[i](output);
        }
    }
    return output;
}

std::vector<std::int64_t> read_projector_sizes(const config::Section& pretext) {
    auto sizes = pretext.integers(
        {"projector", "layers of the head between features and loss, which is thrown away afterwards; at least one",
         "dimensions"},
        {512, 128}, {1, 65536});
    if (sizes.empty()) {
        pretext.fail("projector", "needs at least one layer size, such as [512, 128]");
    }
    return sizes;
}

} // namespace tacit::models
