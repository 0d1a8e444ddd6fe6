// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/batch_norm_gradients.hpp"

#include "dist/collectives.hpp"

#include <torch/types.h>

namespace tacit::dist {

std::vector<at::Tensor> differentiable_backward(const at::Tensor& x, const at::Tensor& weight,
                                                const at::Tensor& gradient, const at::Tensor& count, double eps,
                                                Communicator& comm) {
    std::vector<std::int64_t> others = {0};
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[1] = x.size(1);
    for (std::int64_t dim = 2; dim < x.dim(); ++dim) {
        others.push_back(dim);
    }
    const auto global_mean = [&](const at::Tensor& values) {
        return all_reduce_sum_with_gradient(values.sum(others), comm) / count;
    };
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor dy = gradient.to(at::kDouble);
    const at::Tensor centred = wide - global_mean(wide).view(shape);
    const at::Tensor invstd = (global_mean(centred.square()) + eps).rsqrt();
    const at::Tensor normalised = centred * invstd.view(shape);
    const at::Tensor projected = normalised * global_mean(dy * normalised).view(shape);
    const at::Tensor dx = (dy - global_mean(dy).view(shape) - projected) * (invstd * weight).view(shape);
    return {dx.to(x.scalar_type()), (dy * normalised).sum(others).to(weight.scalar_type()),
            dy.sum(others).to(weight.scalar_type())};
}

} // namespace tacit::dist
