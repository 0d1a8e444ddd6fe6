// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/drop_path.hpp"

#include "models/step/draws.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <stdexcept>
#include <vector>

namespace tacit::models {

void SampleDraws::begin(const StepContext& at, const at::Tensor& ids) {
    at_ = at;
    ids_ = ids;
    passes_ = 0;
}

at::Tensor SampleDraws::next(std::int64_t images, std::int64_t count, at::Device device) {
    const std::int64_t samples = ids_.defined() ? ids_.numel() : 0;
    if (!ids_.defined() || (samples == 0 ? images != 0 : images % samples != 0)) {
        throw std::logic_error(fmt::format(
            "{}: {} images are not whole views of the {} samples that begin_step() named", stream_, images, samples));
    }
    const std::string pass = fmt::format("{}, pass {}", stream_, passes_++);
    std::vector<at::Tensor> views;
    for (std::int64_t view = 0; samples > 0 && view < images / samples; ++view) {
        views.push_back(uniform_draws(at_, fmt::format("{}, view {}", pass, view), ids_, {count}, device));
    }
    return views.empty() ? at::empty({count, 0}, at::TensorOptions(device)) : at::cat(views).t();
}

at::Tensor drop_path_gains(const at::Tensor& uniform, double rate) {
    const std::int64_t depth = uniform.size(0) / 2;
    const at::Tensor dropped = at::linspace(0, depth > 1 ? rate : 0, depth, uniform.options());
    const at::Tensor kept = (1 - dropped).repeat_interleave(2).unsqueeze(1);
    return uniform.lt(kept).to(uniform.scalar_type()) / kept;
}

} // namespace tacit::models
