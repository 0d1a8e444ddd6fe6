// SPDX-License-Identifier: Apache-2.0
#include "models/modules.hpp"

#include <torch/types.h>

namespace tacit::models {

EvalMode::EvalMode(torch::nn::Module& module) : was_training_{{&module, module.is_training()}} {
    for (const auto& part : module.modules(/*include_self=*/false)) {
        was_training_.emplace_back(part.get(), part->is_training());
    }
    module.eval();
}

EvalMode::~EvalMode() {
    for (const auto& [module, training] : was_training_) {
        module->train(training); // of its children too, which come later and get their own
    }
}

NamedTensors model_state(const torch::nn::Module& module) {
    NamedTensors tensors;
    for (const auto& entry : module.named_parameters()) {
        tensors.emplace_back(entry.key(), entry.value().detach());
    }
    for (const auto& entry : module.named_buffers()) {
        tensors.emplace_back(entry.key(), entry.value());
    }
    return tensors;
}

void prefer_channels_last(torch::nn::Module& module) {
    for (at::Tensor& parameter : module.parameters()) {
        if (parameter.dim() == 4) {
            parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
        }
    }
}

} // namespace tacit::models
