// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/batch_norm.hpp"

#include "dist/comm_handle.hpp"
#include "dist/norm/batch_norm_gradients.hpp"
#include "dist/norm/device_batch_norm.hpp"
#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <stdexcept>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Statistics of the global batch, float64, the same bits on all ranks.
struct GlobalMoments {
    at::Tensor count; ///< values a channel, no dimension
    at::Tensor mean;  ///< [C]
    at::Tensor m2;    ///< [C], sum of squared deviations from mean
};

/// Chan, Golub & LeVeque 1979: moments about a shared reference add up, so one all-reduce merges any number
/// of ranks with any number of samples. The reference only has to be near the mean to avoid cancellation.
GlobalMoments merge(const ChannelMoments& local, const at::Tensor& reference, Communicator& comm) {
    const auto n = static_cast<double>(local.count);
    const std::int64_t channels = reference.numel();
    const at::Tensor offset = local.count == 0 ? at::zeros_like(reference) : local.mean - reference;
    at::Tensor payload =
        at::cat({at::full({1}, n, reference.options()), offset * n, local.m2 + offset * offset * n}).contiguous();
    comm.all_reduce_sum(payload);
    const at::Tensor count = payload[0];
    const at::Tensor divisor = count.clamp_min(1);
    const at::Tensor mean_offset = payload.narrow(0, 1, channels) / divisor;
    const at::Tensor about_reference = payload.narrow(0, 1 + channels, channels);
    return {count, reference + mean_offset, (about_reference - mean_offset * mean_offset * count).clamp_min_(0)};
}

/// Normalises with given global statistics; the backward pass accounts for their dependence on the input of
/// every rank (Ioffe & Szegedy 2015, section 3, with sums over the global batch).
class Normalize : public torch::autograd::Function<Normalize> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& bias, const std::optional<at::Tensor>& residual, const at::Tensor& mean,
                              const at::Tensor& invstd, const at::Tensor& count, bool relu, double eps,
                              std::int64_t comm) {
        at::Tensor y =
            channel_affine(x, mean, invstd * weight, bias.to(at::kDouble), {residual.value_or(at::Tensor()), relu});
        context->save_for_backward({x, weight, mean, invstd, count, relu ? y : at::Tensor()});
        context->saved_data["residual"] = residual.has_value();
        context->saved_data["eps"] = eps;
        context->saved_data["comm"] = comm;
        return y;
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        tensor_list result = input_gradients(context, gradients.at(0));
        result.resize(10);
        return result;
    }

  private:
    /// Of x, weight, bias and residual.
    static tensor_list input_gradients(AutogradContext* context, const at::Tensor& gradient) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &invstd = saved[3], &count = saved[4];
        const at::Tensor& y = saved[5];
        Communicator& comm = comm_of(context->saved_data["comm"].toInt());
        if (torch::GradMode::is_enabled()) { // create_graph
            const at::Tensor counted = y.defined() ? at::threshold_backward(gradient, y.detach(), 0) : gradient;
            tensor_list result =
                differentiable_backward(x, weight, counted, count, context->saved_data["eps"].toDouble(), comm);
            result.push_back(context->saved_data["residual"].toBool() ? counted : at::Tensor());
            return result;
        }
        const at::Tensor dy = gradient.to(x.scalar_type()).contiguous(x.suggest_memory_format());
        const auto [sum_dy, sum_dy_xmu] = channel_gradient_sums(dy, x, mean, y);
        at::Tensor of_residual;
        // Only inputs that are tensors have a place among the edges.
        if (context->saved_data["residual"].toBool() && context->needs_input_grad(3)) {
            of_residual = at::empty_like(x);
        }
        at::Tensor dx;
        if (context->needs_input_grad(0)) {
            at::Tensor sums = at::stack({sum_dy, sum_dy_xmu});
            comm.all_reduce_sum(sums);
            const at::Tensor a = invstd * weight;
            dx = channel_input_gradient(dy, x, mean, a, a * invstd * invstd * sums[1] / count, a * sums[0] / count, y,
                                        of_residual);
        } else if (of_residual.defined()) {
            of_residual = y.defined() ? at::threshold_backward(dy, y, 0) : dy;
        }
        return {dx, (sum_dy_xmu * invstd).to(weight.scalar_type()), sum_dy.to(weight.scalar_type()), of_residual};
    }
};

void require_channels(const at::Tensor& input, std::int64_t channels) {
    if (input.dim() < 2 || input.size(1) != channels) {
        throw std::invalid_argument(fmt::format("BatchNorm of {} channels got an input of shape [{}]; dimension 1 must "
                                                "hold the channels",
                                                channels, fmt::join(input.sizes(), ", ")));
    }
}

void require_same_shape(const at::Tensor& input, const at::Tensor& residual) {
    if (input.sizes() != residual.sizes()) {
        throw std::invalid_argument(fmt::format("BatchNorm of an input of shape [{}] got a residual of shape [{}]",
                                                fmt::join(input.sizes(), ", "), fmt::join(residual.sizes(), ", ")));
    }
}

[[noreturn]] void throw_too_few_values() {
    throw ConfigError("BatchNorm needs more than one value per channel in the global batch: raise the batch size");
}

} // namespace

thread_local int RunningStatisticsPause::depth = 0;

BatchNormImpl::BatchNormImpl(std::int64_t channels, Communicator& comm, double eps, double momentum)
    : comm_(&comm), eps_(eps), momentum_(momentum) {
    if (channels < 1) {
        throw std::invalid_argument(fmt::format("BatchNorm of {} channels", channels));
    }
    weight = register_parameter("weight", torch::ones({channels}));
    bias = register_parameter("bias", torch::zeros({channels}));
    running_mean = register_buffer("running_mean", torch::zeros({channels}));
    running_var = register_buffer("running_var", torch::ones({channels}));
    num_batches_tracked = register_buffer("num_batches_tracked", torch::zeros({}, torch::kLong));
}

at::Tensor BatchNormImpl::forward(const at::Tensor& input) {
    return forward_then(input, {});
}

at::Tensor BatchNormImpl::forward_relu(const at::Tensor& input, const at::Tensor& residual) {
    return forward_then(input, {residual, true});
}

at::Tensor BatchNormImpl::forward_then(const at::Tensor& input, const Epilogue& then) {
    require_channels(input, weight.numel());
    if (then.residual.defined()) {
        require_same_shape(input, then.residual);
    }
    // One rank takes the same path as many, so that N ranks and one differ by the order of sums alone.
    if (is_training() && !input.is_cuda()) {
        return forward_global(input, then);
    }
    at::Tensor y = is_training()
                       ? forward_on_device(input)
                       : at::batch_norm(input, weight, bias, running_mean, running_var, false, momentum_, eps_, true);
    if (then.residual.defined()) {
        y = y.add_(then.residual);
    }
    return then.relu ? y.relu_() : y;
}

void BatchNormImpl::follow(const at::Tensor& mean, const at::Tensor& variance) {
    num_batches_tracked.add_(1);
    // A step whose values are not finite is left out, and must not stay in the running statistics.
    const at::Tensor finite = at::isfinite(mean).logical_and(at::isfinite(variance));
    for (auto& [running, now] : {std::pair(running_mean, mean), std::pair(running_var, variance)}) {
        const at::Tensor moved = running.to(at::kDouble) * (1 - momentum_) + now * momentum_;
        running.copy_(at::where(finite, moved, running.to(at::kDouble)));
    }
}

at::Tensor BatchNormImpl::forward_global(const at::Tensor& input, const Epilogue& then) {
    const at::Tensor x = dense_activations(input);
    GlobalMoments global;
    at::Tensor invstd;
    {
        const torch::NoGradGuard no_grad;
        const ChannelMoments local = channel_moments(x.detach());
        // A diverged running mean must not poison the statistics of a later, healthy batch.
        global = merge(local, at::nan_to_num(running_mean.to(at::kDouble), 0.0, 0.0, 0.0), *comm_);
        if (local.count < 2 && global.count.item<double>() < 2) {
            throw_too_few_values();
        }
        invstd = (global.m2 / global.count + eps_).rsqrt_();
        if (!RunningStatisticsPause::active()) {
            follow(global.mean, global.m2 / (global.count - 1));
        }
    }
    std::optional<at::Tensor> residual;
    if (then.residual.defined()) {
        residual = then.residual.to(x.scalar_type()).contiguous(x.suggest_memory_format());
    }
    return Normalize::apply(x, weight, bias, residual, global.mean, invstd, global.count, then.relu, eps_,
                            handle_of(*comm_));
}

at::Tensor BatchNormImpl::forward_on_device(const at::Tensor& input) {
    const at::Tensor x = dense_activations(input);
    DeviceMoments global;
    {
        const torch::NoGradGuard no_grad;
        const std::int64_t local = x.numel() / x.size(1);
        if (local < 2 && comm_->size() == 1) {
            throw_too_few_values();
        }
        global = device_moments(x.detach(), eps_, *comm_);
        if (local < 2 && global.counts.sum().item<double>() < 2) { // rare: else nothing here waits for the device
            throw_too_few_values();
        }
        if (!RunningStatisticsPause::active()) {
            follow(global.mean.to(at::kDouble), unbiased_variance(global, eps_));
        }
    }
    return normalize_on_device(x, weight, bias, global, eps_, *comm_);
}

} // namespace tacit::dist
