// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/device_batch_norm.hpp"

#include "dist/comm_handle.hpp"
#include "dist/norm/batch_norm_gradients.hpp"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <tuple>

namespace tacit::dist {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// A rank without samples counts as this much of one, since the kernel that merges divides by the count of the first.
constexpr double kNearlyNone = 1e-30;

/// LibTorch's kernels of synchronised batch norm: one pass for the sums, one for the gradient, no copies.
class NormalizeOnDevice : public torch::autograd::Function<NormalizeOnDevice> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& bias, const at::Tensor& mean, const at::Tensor& invstd,
                              const at::Tensor& counts, double eps, std::int64_t comm) {
        context->save_for_backward({x, weight, mean, invstd, counts});
        context->saved_data["eps"] = eps;
        context->saved_data["comm"] = comm;
        return x.numel() == 0 ? at::empty_like(x) : at::batch_norm_elemt(x, weight, bias, mean, invstd, eps);
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        tensor_list result = input_gradients(context, gradients.at(0));
        result.resize(8);
        return result;
    }

  private:
    /// Of x, weight and bias.
    static tensor_list input_gradients(AutogradContext* context, const at::Tensor& gradient) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &invstd = saved[3], &counts = saved[4];
        Communicator& comm = comm_of(context->saved_data["comm"].toInt());
        if (torch::GradMode::is_enabled()) { // create_graph
            return differentiable_backward(x, weight, gradient, counts.sum().to(at::kDouble),
                                           context->saved_data["eps"].toDouble(), comm);
        }
        const at::Tensor dy = gradient.to(x.scalar_type()).contiguous(x.suggest_memory_format());
        at::Tensor sum_dy = at::zeros_like(mean);
        at::Tensor sum_dy_xmu = at::zeros_like(mean);
        at::Tensor of_weight = at::zeros_like(weight);
        at::Tensor of_bias = at::zeros_like(weight);
        if (x.numel() > 0) {
            std::tie(sum_dy, sum_dy_xmu, of_weight, of_bias) =
                at::batch_norm_backward_reduce(dy, x, mean, invstd, weight, true, true, true);
        }
        at::Tensor of_x;
        if (context->needs_input_grad(0)) {
            at::Tensor sums = at::stack({sum_dy, sum_dy_xmu});
            comm.all_reduce_sum(sums);
            of_x = x.numel() == 0 ? at::empty_like(x)
                                  : at::batch_norm_backward_elemt(dy, x, mean, invstd, weight, sums[0], sums[1],
                                                                  counts.to(at::kInt));
        }
        return {of_x, of_weight, of_bias};
    }
};

} // namespace

DeviceMoments device_moments(const at::Tensor& x, double eps, Communicator& comm) {
    const std::int64_t channels = x.size(1);
    const bool wide = x.scalar_type() == at::kDouble;
    const auto options = x.options().dtype(wide ? at::kDouble : at::kFloat);
    at::Tensor mean = at::zeros({channels}, options);
    at::Tensor invstd = at::ones({channels}, options);
    if (x.numel() > 0) {
        std::tie(mean, invstd) = at::batch_norm_stats(x, eps);
    }
    const double count = std::max(static_cast<double>(x.numel() / channels), kNearlyNone);
    const at::Tensor own = at::cat({mean, invstd, at::full({1}, count, options)}).unsqueeze(0);
    const at::Tensor all = comm.all_gather(own);
    const at::Tensor counts = all.select(1, 2 * channels).contiguous();
    // Its first argument tells the type of the counts alone: those of bfloat16 would be rounded.
    std::tie(mean, invstd) = at::batch_norm_gather_stats_with_counts(
        all, all.narrow(1, 0, channels).contiguous(), all.narrow(1, channels, channels).contiguous(), {}, {},
        /*momentum=*/0, eps, counts);
    return {mean, invstd, counts};
}

at::Tensor unbiased_variance(const DeviceMoments& moments, double eps) {
    const at::Tensor count = moments.counts.sum().to(at::kDouble);
    const at::Tensor biased = (moments.invstd.to(at::kDouble).square().reciprocal() - eps).clamp_min_(0);
    return biased * (count / (count - 1));
}

at::Tensor normalize_on_device(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                               const DeviceMoments& moments, double eps, Communicator& comm) {
    return NormalizeOnDevice::apply(x, weight, bias, moments.mean, moments.invstd, moments.counts, eps,
                                    handle_of(comm));
}

} // namespace tacit::dist
