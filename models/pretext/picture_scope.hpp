// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

namespace tacit::models {

/// Rows of a pretext picture at most.
inline constexpr std::int64_t kPictureRows = 8;

/// Scope in which a module draws pictures: eval mode, no gradient; what was before is restored.
class PictureScope {
  public:
    explicit PictureScope(torch::nn::Module& module) : module_(&module), was_training_(module.is_training()) {
        module.eval();
    }
    ~PictureScope() { module_->train(was_training_); }
    PictureScope(const PictureScope&) = delete;
    PictureScope& operator=(const PictureScope&) = delete;

  private:
    torch::nn::Module* module_;
    bool was_training_;
    at::NoGradGuard no_grad_;
};

} // namespace tacit::models
