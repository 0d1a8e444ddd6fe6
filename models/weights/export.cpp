// SPDX-License-Identifier: Apache-2.0
#include "models/weights/export.hpp"

#include "models/modules.hpp"
#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <stdexcept>

namespace tacit::models {
namespace {

/// "convnet (width 16)"
std::string described(const Architecture& network) {
    std::vector<std::string> options;
    for (const auto& [key, value] : network.options) {
        options.push_back(key + " " + value);
    }
    return fmt::format("{} ({})", network.name, fmt::join(options, ", "));
}

} // namespace

LinearHead zero_head(std::int64_t classes, std::int64_t features) {
    return {torch::zeros({classes, features}), torch::zeros({classes})};
}

PythonState python_state(const Backbone& backbone, const std::optional<LinearHead>& head) {
    const Architecture network = backbone.architecture();
    if (!network.python) {
        throw ConfigError(fmt::format("neither torchvision nor timm has the network {}{}; export it with Tacit's own "
                                      "names: --format tacit",
                                      described(network),
                                      network.remedy.empty() ? "" : fmt::format(": {}", network.remedy)));
    }
    const PythonModel& python = *network.python;
    PythonState state{model_state(backbone), python.library, python.features};
    if (head) {
        if (head->weight.dim() != 2 || head->weight.size(1) != backbone.feature_dim() ||
            head->bias.sizes() != at::IntArrayRef{head->weight.size(0)}) {
            throw std::logic_error("python_state: the head does not fit the backbone's features");
        }
        state.construction = fmt::format(fmt::runtime(python.classifier), fmt::arg("classes", head->weight.size(0)));
        for (const auto& [name, tensor] : {std::pair{"weight", head->weight}, {"bias", head->bias}}) {
            state.tensors.emplace_back(python.head + "." + name,
                                       tensor.detach().to(torch::kCPU, torch::kFloat).contiguous());
        }
    }
    return state;
}

} // namespace tacit::models
