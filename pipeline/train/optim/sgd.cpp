// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optim/optimizer.hpp"

#include <torch/types.h>

namespace tacit::train {

namespace {

/// Stochastic gradient descent with momentum (Polyak 1964), by default Nesterov's (Sutskever et al. 2013), in PyTorch's
/// form: b = momentum b + g + decay w, w -= lr (g + decay w + momentum b), or w -= lr b without Nesterov.
class Sgd : public Optimizer {
  public:
    Sgd(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config)
        : Optimizer(groups, {"momentum_buffer"}, false), nesterov_(config.nesterov) {}

  private:
    void move(Slice& slice, std::vector<at::Tensor>& gradients, const StepSize& size) override {
        // Without momentum the kernel takes no buffers; they stay zero.
        const at::TensorList buffers = size.momentum > 0 ? at::TensorList(slice.state.front()) : at::TensorList();
        at::_fused_sgd_(slice.parameters, gradients, buffers, size.weight_decay, size.momentum, size.lr,
                        /*dampening=*/0, nesterov_ && size.momentum > 0, /*maximize=*/false, slice.steps == 0);
    }

    bool nesterov_;
};

} // namespace

std::unique_ptr<Optimizer> make_sgd(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config) {
    return std::make_unique<Sgd>(groups, config);
}

} // namespace tacit::train
