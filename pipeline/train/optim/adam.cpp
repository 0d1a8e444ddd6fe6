// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optim/optimizer.hpp"

#include <torch/types.h>

#include <cmath>

namespace tacit::train {

namespace {

/// Adam (Kingma & Ba 2015), whose weight decay is part of the gradient, or AdamW (Loshchilov & Hutter 2019), whose
/// decay is lr decay w, apart from it.
class Adam : public Optimizer {
  public:
    Adam(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config, bool decoupled)
        : Optimizer(groups, {"exp_avg", "exp_avg_sq"}, true), first_(config.betas.at(0)), second_(config.betas.at(1)),
          eps_(config.eps), decoupled_(decoupled) {}

  private:
    void move(Slice& slice, std::vector<at::Tensor>& gradients, const StepSize& size) override {
        const auto count = static_cast<double>(slice.steps + 1);
        const double first_bias = 1 - std::pow(first_, count);
        const double second_bias = 1 - std::pow(second_, count);
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            at::Tensor& parameter = slice.parameters[i];
            at::Tensor gradient = gradients[i];
            if (size.weight_decay != 0 && decoupled_) {
                parameter.mul_(1 - size.lr * size.weight_decay);
            } else if (size.weight_decay != 0) {
                gradient = gradient.add(parameter, size.weight_decay);
            }
            slice.state[0][i].mul_(first_).add_(gradient, 1 - first_);
            slice.state[1][i].mul_(second_).addcmul_(gradient, gradient, 1 - second_);
            const at::Tensor scale = (slice.state[1][i].sqrt() / std::sqrt(second_bias)).add_(eps_);
            parameter.addcdiv_(slice.state[0][i], scale, -(size.lr / first_bias));
        }
    }

    double first_, second_, eps_;
    bool decoupled_;
};

} // namespace

std::unique_ptr<Optimizer> make_adam(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config) {
    return std::make_unique<Adam>(groups, config, false);
}

std::unique_ptr<Optimizer> make_adamw(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config) {
    return std::make_unique<Adam>(groups, config, true);
}

} // namespace tacit::train
