// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optim/optimizer.hpp"

#include <torch/types.h>

#include <algorithm>

namespace tacit::train {

namespace {

/// Layer-wise adaptive rate scaling (You, Gitman & Ginsburg 2017): the rate of each tensor is lr times
/// trust |w| / (|g| + decay |w|), or lr where one of the norms is 0. With classic momentum, as in the paper and
/// google-research/simclr, b = momentum b + rate (g + decay w), w -= b; without, as in solo-learn and Lightning,
/// b = momentum b + (rate / lr) (g + decay w), w -= lr b. trust_clip keeps rate <= lr (LARC). Plain parameters: SGD
/// with the same momentum.
class Lars : public Optimizer {
  public:
    Lars(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config)
        : Optimizer(groups, {"momentum_buffer"}, false), trust_(config.trust), clip_(config.trust_clip),
          classic_(config.classic_momentum), nesterov_(config.nesterov) {}

  private:
    void move(Slice& slice, std::vector<at::Tensor>& gradients, const StepSize& size) override {
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            move_one(slice.parameters[i], gradients[i], slice.state.front()[i], slice.plain, size);
        }
    }

    void move_one(const at::Tensor& weight, const at::Tensor& gradient, const at::Tensor& buffer, bool plain,
                  const StepSize& size) const {
        at::Tensor change = gradient.add(weight, size.weight_decay);
        if (!plain) {
            change.mul_(ratio(weight, gradient, size));
        }
        const double inside = classic_ ? size.lr : 1.0;
        const double outside = classic_ ? 1.0 : size.lr;
        buffer.mul_(size.momentum).add_(change, inside);
        if (nesterov_) {
            weight.sub_(change.mul_(inside).add_(buffer, size.momentum), outside);
        } else {
            weight.sub_(buffer, outside);
        }
    }

    /// The rate divided by lr, a scalar on the device.
    at::Tensor ratio(const at::Tensor& weight, const at::Tensor& gradient, const StepSize& size) const {
        const at::Tensor of_weight = weight.norm();
        const at::Tensor of_gradient = gradient.norm();
        at::Tensor local = of_weight * trust_ / (of_gradient + of_weight * size.weight_decay);
        if (clip_ && size.lr > 0) {
            local = (local / size.lr).clamp_max(1);
        }
        return at::where((of_weight > 0).logical_and(of_gradient > 0), local, at::ones_like(local));
    }

    double trust_;
    bool clip_, classic_, nesterov_;
};

} // namespace

std::unique_ptr<Optimizer> make_lars(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config) {
    return std::make_unique<Lars>(groups, config);
}

} // namespace tacit::train
