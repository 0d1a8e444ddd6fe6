// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/backbone.hpp"

#include "models/backbones/convnet.hpp"
#include "models/backbones/mlp.hpp"
#include "models/backbones/resnet.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <array>

namespace tacit::models {
namespace {

struct Entry {
    const char* name;
    std::shared_ptr<Backbone> (*make)(const config::Section&, augment::ImageShape, dist::Communicator&);
};

constexpr std::array kBackbones = {Entry{"resnet18", make_resnet18}, Entry{"convnet", make_convnet},
                                   Entry{"mlp", make_mlp}};

} // namespace

at::Tensor Backbone::forward(const at::Tensor& images) {
    return feature_map(images).mean({2, 3});
}

std::vector<std::string> backbone_names() {
    std::vector<std::string> names;
    for (const auto& entry : kBackbones) {
        names.emplace_back(entry.name);
    }
    return names;
}

std::shared_ptr<Backbone> make_backbone(const config::Section& model, augment::ImageShape shape,
                                        dist::Communicator& comm) {
    const auto name = model.choice("backbone", "resnet18", backbone_names());
    if (shape.height != shape.width || shape.height < 1 || shape.channels < 1) {
        model.fail("backbone", fmt::format("encoders take square images with at least one channel, got {}x{}x{}",
                                           shape.height, shape.width, shape.channels));
    }
    if (name == "mlp" && model.has("width")) {
        model.fail("width",
                   "does not go with backbone mlp, whose layers are model.hidden, such as [512, 256]; leave it "
                   "out (from the command line: --set 'model={backbone: mlp}')");
    }
    const std::string before = model.replaced("backbone");
    if (!before.empty() && model.in_file("width")) { // 8 channels of a convnet are no wish for a ResNet of 8
        model.fail("width",
                   fmt::format("was written for the backbone {}, and --set chose {}; add --set model.width=... to "
                               "say what it shall have",
                               before, name));
    }
    const auto* entry = std::find_if(kBackbones.begin(), kBackbones.end(),
                                     [&](const Entry& candidate) { return name == candidate.name; });
    return entry->make(model, shape, comm);
}

} // namespace tacit::models
