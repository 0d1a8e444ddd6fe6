// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optim/optimizer.hpp"

#include <torch/types.h>

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
        const at::Tensor count = at::full({}, static_cast<double>(slice.steps + 1),
                                          slice.parameters.front().options().dtype(at::kFloat).requires_grad(false));
        const std::vector<at::Tensor> counts(slice.parameters.size(), count);
        FusedKernel* const kernel =
            decoupled_ ? static_cast<FusedKernel*>(&at::_fused_adamw_) : static_cast<FusedKernel*>(&at::_fused_adam_);
        kernel(slice.parameters, gradients, slice.state[0], slice.state[1], {}, counts, size.lr, first_, second_,
               size.weight_decay, eps_, /*amsgrad=*/false, /*maximize=*/false, {}, {});
    }

    using FusedKernel = void(at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                             at::TensorList, double, double, double, double, double, bool, bool,
                             const std::optional<at::Tensor>&, const std::optional<at::Tensor>&);

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
