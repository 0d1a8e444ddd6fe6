// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optim/optimizer.hpp"

#include <torch/types.h>

#include <cmath>

namespace tacit::train {

namespace {

/// LAMB (You et al. 2020, algorithm 2, with bias correction): u = m / (sqrt(v) + eps) + decay w,
/// w -= lr (|w| / |u|) u, the ratio being 1 where one of the norms is 0. Plain parameters: Adam.
class Lamb : public Optimizer {
  public:
    Lamb(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config)
        : Optimizer(groups, {"exp_avg", "exp_avg_sq"}, true), first_(config.betas.at(0)), second_(config.betas.at(1)),
          eps_(config.eps) {}

  private:
    void move(Slice& slice, std::vector<at::Tensor>& gradients, const StepSize& size) override {
        const auto count = static_cast<double>(slice.steps + 1);
        const double first_bias = 1 - std::pow(first_, count);
        const double second_bias = 1 - std::pow(second_, count);
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            const at::Tensor& weight = slice.parameters[i];
            slice.state[0][i].mul_(first_).add_(gradients[i], 1 - first_);
            slice.state[1][i].mul_(second_).addcmul_(gradients[i], gradients[i], 1 - second_);
            at::Tensor change = (slice.state[0][i] / first_bias) / (slice.state[1][i] / second_bias).sqrt_().add_(eps_);
            change.add_(weight, size.weight_decay);
            if (!slice.plain) {
                const at::Tensor of_weight = weight.norm();
                const at::Tensor of_change = change.norm();
                const at::Tensor ratio = of_weight / of_change;
                change.mul_(at::where((of_weight > 0).logical_and(of_change > 0), ratio, at::ones_like(ratio)));
            }
            weight.sub_(change, size.lr);
        }
    }

    double first_, second_, eps_;
};

} // namespace

std::unique_ptr<Optimizer> make_lamb(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config) {
    return std::make_unique<Lamb>(groups, config);
}

} // namespace tacit::train
