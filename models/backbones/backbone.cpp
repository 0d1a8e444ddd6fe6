// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/backbone.hpp"

#include "models/backbones/families.hpp"
#include "pipeline/base/words.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tacit::models {
namespace {

struct BackboneEntry {
    const char* name;
    BackboneMaker (*read)(const BackboneRequest& request);
};

constexpr std::array kBackbones = {
    BackboneEntry{"resnet18", read_resnet},
    BackboneEntry{"resnet34", read_resnet},
    BackboneEntry{"resnet50", read_resnet},
    BackboneEntry{"resnet101", read_resnet},
    BackboneEntry{"wide_resnet50_2", read_resnet},
    BackboneEntry{"wide_resnet101_2", read_resnet},
    BackboneEntry{"vit_tiny", read_vit},
    BackboneEntry{"vit_small", read_vit},
    BackboneEntry{"vit_base", read_vit},
    BackboneEntry{"vit_large", read_vit},
    BackboneEntry{"nin", read_nin},
    BackboneEntry{"alexnet", read_plain},
    BackboneEntry{"vgg11", read_plain},
    BackboneEntry{"vgg13", read_plain},
    BackboneEntry{"vgg16", read_plain},
    BackboneEntry{"vgg19", read_plain},
    BackboneEntry{"convnet", read_convnet},
    BackboneEntry{"mlp", read_mlp},
};

/// A width that was written for another backbone than --set chose is no wish for this one.
void check_width(const config::Section& model, const std::string& name) {
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
}

} // namespace

void LayerTap::take(const std::string& name, const at::Tensor& map) {
    if (wants(name)) {
        take(name, {map, map.mean({2, 3})});
    }
}

at::Tensor Backbone::feature_map(const at::Tensor& images) {
    LayerTap none;
    return encode(images, none);
}

at::Tensor Backbone::forward(const at::Tensor& images) {
    return feature_map(images).mean({2, 3});
}

std::vector<LayerOutput> Backbone::layers(const at::Tensor& images, const std::vector<std::string>& names) {
    const auto known = layer_names();
    for (const auto& name : names) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw std::invalid_argument(unknown_word("layer", name, known));
        }
    }
    LayerTap tap(names);
    encode(images, tap);
    std::vector<LayerOutput> outputs;
    for (const auto& name : names) {
        outputs.push_back(tap.taken(name));
    }
    return outputs;
}

void Backbone::begin_step(const StepContext& /*at*/, const at::Tensor& /*ids*/) {}

std::string Backbone::slow(std::int64_t /*height*/, std::int64_t /*width*/) const {
    return "";
}

std::vector<std::string> backbone_names() {
    std::vector<std::string> names;
    for (const auto& entry : kBackbones) {
        names.emplace_back(entry.name);
    }
    return names;
}

BackboneMaker read_backbone(const config::Section& model, augment::ImageShape shape, dist::Communicator& comm) {
    model.about("the encoder: the network that is trained, judged and exported");
    const auto name = model.choice({"backbone", "the network (docs/methods.md)"}, "resnet18", backbone_names());
    if (shape.height < 1 || shape.width < 1 || shape.channels < 1) {
        model.fail("backbone", fmt::format("encoders take images with at least one pixel and channel, got {}x{}x{}",
                                           shape.height, shape.width, shape.channels));
    }
    check_width(model, name);
    const auto* entry = std::find_if(kBackbones.begin(), kBackbones.end(),
                                     [&](const BackboneEntry& candidate) { return name == candidate.name; });
    return entry->read({name, model, shape, comm});
}

std::shared_ptr<Backbone> make_backbone(const config::Section& model, augment::ImageShape shape,
                                        dist::Communicator& comm) {
    auto backbone = read_backbone(model, shape, comm)();
    if (const auto why = backbone->unfit(shape.height, shape.width); !why.empty()) {
        model.fail("backbone", fmt::format("{} {}", backbone->architecture().name, why));
    }
    return backbone;
}

} // namespace tacit::models
