// SPDX-License-Identifier: Apache-2.0
#include "tests/dist/channel_operators.hpp"

#include <ATen/ATen.h>

namespace tacit::dist::by_operators {
namespace {

at::Tensor per_channel(const at::Tensor& values, const at::Tensor& like) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
    shape[1] = -1;
    return values.view(shape);
}

at::Tensor channel_sum(const at::Tensor& values) {
    std::vector<std::int64_t> dims = {0};
    for (std::int64_t dim = 2; dim < values.dim(); ++dim) {
        dims.push_back(dim);
    }
    return values.sum(dims);
}

/// dy where the ReLU let its argument through.
at::Tensor let_through(const at::Tensor& dy, const at::Tensor& y) {
    return y.defined() ? at::threshold_backward(dy, y, 0) : dy;
}

} // namespace

ChannelMoments channel_moments(const at::Tensor& x) {
    const std::int64_t count = x.numel() / x.size(1);
    const at::Tensor wide = x.to(at::kDouble);
    if (count == 0) {
        const at::Tensor zeros = at::zeros({x.size(1)}, wide.options());
        return {0, zeros, zeros.clone()};
    }
    at::Tensor mean = channel_sum(wide) / static_cast<double>(count);
    at::Tensor m2 = channel_sum((wide - per_channel(mean, x)).square_());
    return {count, std::move(mean), std::move(m2)};
}

at::Tensor channel_affine(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale, const at::Tensor& shift,
                          const Epilogue& then) {
    at::Tensor wide = x.to(at::kDouble) - per_channel(mean, x);
    wide.mul_(per_channel(scale, x)).add_(per_channel(shift, x));
    at::Tensor y = wide.to(x.scalar_type());
    if (then.residual.defined()) {
        y.add_(then.residual);
    }
    return then.relu ? y.relu_() : y;
}

std::pair<at::Tensor, at::Tensor> channel_gradient_sums(const at::Tensor& dy, const at::Tensor& x,
                                                        const at::Tensor& mean, const at::Tensor& y) {
    const at::Tensor wide = let_through(dy, y).to(at::kDouble);
    return {channel_sum(wide), channel_sum((x.to(at::kDouble) - per_channel(mean, x)).mul_(wide))};
}

at::Tensor channel_input_gradient(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& mean,
                                  const at::Tensor& a, const at::Tensor& k, const at::Tensor& b, const at::Tensor& y,
                                  const at::Tensor& of_residual) {
    const at::Tensor counted = let_through(dy, y);
    if (of_residual.defined()) {
        of_residual.copy_(counted);
    }
    at::Tensor wide = (x.to(at::kDouble) - per_channel(mean, x)).mul_(per_channel(k, x));
    at::Tensor result = counted.to(at::kDouble) * per_channel(a, x) - wide - per_channel(b, x);
    return result.to(x.scalar_type());
}

} // namespace tacit::dist::by_operators
