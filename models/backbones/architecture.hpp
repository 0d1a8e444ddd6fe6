// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tacit::models {

/// Channels and size of a feature map.
struct MapShape {
    std::int64_t channels;
    std::int64_t height;
    std::int64_t width;
};

/// How a Python library makes a network whose parameters and buffers have the names and shapes of ours. Both lines
/// are statements that leave the network in `model`.
struct PythonModel {
    std::string library;    ///< "torchvision" or "timm"
    std::string features;   ///< without a classifier: model(images) gives the features
    std::string classifier; ///< with a linear classifier; {classes} stands for their number
    std::string head;       ///< name of that classifier: "fc" has fc.weight and fc.bias
};

/// What a network is, as its own file says it.
struct Architecture {
    std::string name;                                         ///< of model.backbone
    std::vector<std::pair<std::string, std::string>> options; ///< what else shaped it: {"stem", "cifar"}
    std::optional<PythonModel> python;                        ///< nothing where no library has such a network
    std::string remedy = {}; ///< which options would give one that a library has, if any: "width 64"
};

} // namespace tacit::models
