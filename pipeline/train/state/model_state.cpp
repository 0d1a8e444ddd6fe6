// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/state/model_state.hpp"

#include "dist/gradient_reducer.hpp"
#include "models/modules.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::train {

void require_finite(const NamedTensors& tensors, const std::string& what) {
    std::string first;
    int count = 0;
    for (const auto& [name, tensor] : tensors) {
        if (tensor.is_floating_point() && !torch::isfinite(tensor).all().item<bool>() && count++ == 0) {
            first = name;
        }
    }
    if (count > 0) {
        throw NotFiniteError(fmt::format("{} of {} {} hold numbers that are not finite ('{}' first)", count,
                                         tensors.size(), what, first));
    }
}

void load_model_state(torch::nn::Module& module, const NamedTensors& state) {
    const torch::NoGradGuard no_gradient;
    std::map<std::string, at::Tensor> stored(state.begin(), state.end());
    for (auto& [name, tensor] : models::model_state(module)) {
        const auto found = stored.find(name);
        if (found == stored.end()) {
            throw DataError(fmt::format(
                "the checkpoint lacks '{}', which the model has; it is of another model: give the run's own "
                "config, or start in another run folder",
                name));
        }
        if (found->second.sizes() != tensor.sizes()) {
            throw DataError(
                fmt::format("'{}' has shape {} in the checkpoint, the model needs {}; give the run's own config, or "
                            "start in another run folder",
                            name, c10::str(found->second.sizes()), c10::str(tensor.sizes())));
        }
        tensor.copy_(found->second);
        stored.erase(found);
    }
    if (!stored.empty()) {
        throw DataError(
            fmt::format("the checkpoint holds '{}', which the model does not have; it is of another model: give "
                        "the run's own config, or start in another run folder",
                        stored.begin()->first));
    }
}

void broadcast_tensors(NamedTensors& tensors, dist::Communicator& comm) {
    if (comm.size() == 1) {
        return;
    }
    auto outline = nlohmann::json::array();
    for (const auto& [name, tensor] : tensors) {
        outline.push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
    }
    std::string text = json_text(outline);
    comm.broadcast(text, 0);
    if (comm.rank() != 0) {
        tensors.clear();
        for (const auto& entry : nlohmann::json::parse(text)) {
            tensors.emplace_back(entry.at(0).get<std::string>(),
                                 torch::empty(entry.at(2).get<std::vector<std::int64_t>>(),
                                              static_cast<at::ScalarType>(entry.at(1).get<int>())));
        }
    }
    dist::broadcast_from_root(tensors, comm);
}

} // namespace tacit::train
