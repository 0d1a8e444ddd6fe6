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
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            const at::Tensor decayed =
                size.weight_decay == 0 ? gradients[i] : gradients[i].add(slice.parameters[i], size.weight_decay);
            at::Tensor& buffer = slice.state.front()[i];
            if (slice.steps == 0) {
                buffer.copy_(decayed);
            } else {
                buffer.mul_(size.momentum).add_(decayed);
            }
            slice.parameters[i].add_(nesterov_ ? decayed.add(buffer, size.momentum) : buffer, -size.lr);
        }
    }

    bool nesterov_;
};

} // namespace

std::unique_ptr<Optimizer> make_sgd(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config) {
    return std::make_unique<Sgd>(groups, config);
}

} // namespace tacit::train
