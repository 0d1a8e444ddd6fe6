// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "dist/communicator.hpp"
#include "models/backbones/architecture.hpp"
#include "models/step/context.hpp"
#include "pipeline/config/section.hpp"

#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tacit::models {

/// What a layer gives.
struct LayerOutput {
    at::Tensor map;      ///< [N, C, h, w]
    at::Tensor features; ///< [N, C']: what is judged; the average of the map unless the encoder says otherwise
};

/// Takes what the layers that were asked for give, during a forward pass.
class LayerTap {
  public:
    LayerTap() = default;
    explicit LayerTap(const std::vector<std::string>& names) {
        for (const auto& name : names) {
            taken_[name] = {};
        }
    }
    bool wants(const std::string& name) const { return taken_.count(name) > 0; }
    /// Keeps `map` and its average as the output of the layer `name`, if it is wanted.
    void take(const std::string& name, const at::Tensor& map);
    /// For layers whose features are not the average of the map; only where wants(name).
    void take(const std::string& name, LayerOutput output) { taken_[name] = std::move(output); }
    const LayerOutput& taken(const std::string& name) const { return taken_.at(name); }

  private:
    std::map<std::string, LayerOutput> taken_;
};

/// An encoder: normalised float images in, one feature vector an image out. Images may have any number of channels and
/// any height and width that unfit() has no objection to. Not thread-safe.
class Backbone : public torch::nn::Module {
  public:
    /// [N, C, H, W] -> [N, M, h, w] feature map before pooling (h = w = 1 for encoders without one).
    at::Tensor feature_map(const at::Tensor& images);
    /// [N, C, H, W] -> [N, D]: the average pool of feature_map(), global (D = M) unless the encoder says otherwise.
    virtual at::Tensor forward(const at::Tensor& images);
    /// What is drawn in the forward passes from here on, in training mode and with gradient, belongs to this step and
    /// to the samples `ids` [n] (int64 on the host), so that ranks do not count: each pass must be of images of all of
    /// them, of one view or of several one after another. Encoders that draw nothing ignore it.
    virtual void begin_step(const StepContext& at, const at::Tensor& ids);
    /// Whether a pass in training draws, and so differs from step to step.
    virtual bool draws() const { return false; }
    /// Whether its backward pass computes blocks again (model.checkpoint), which has no second derivative.
    virtual bool recomputes() const { return false; }
    /// Names of the layers that layers() can give, from the images to the features.
    virtual std::vector<std::string> layer_names() const = 0;
    /// Outputs of the layers `names`, in their order, by one forward pass. Throws std::invalid_argument for a name that
    /// is none of layer_names().
    std::vector<LayerOutput> layers(const at::Tensor& images, const std::vector<std::string>& names);
    /// D.
    virtual std::int64_t feature_dim() const = 0;
    /// M, h and w of feature_map() for the images it was made for.
    virtual MapShape map_shape() const = 0;
    virtual Architecture architecture() const = 0;
    /// Why images of this size cannot be encoded, as the rest of a sentence; "" where they can.
    virtual std::string unfit(std::int64_t height, std::int64_t width) const = 0;
    /// What makes a step on images of this size slow although it works, and what to set instead; "" if nothing does.
    virtual std::string slow(std::int64_t height, std::int64_t width) const;

  protected:
    /// feature_map(); gives each layer's output to `tap`.
    virtual at::Tensor encode(const at::Tensor& images, LayerTap& tap) = 0;
};

/// What a backbone is made from.
struct BackboneRequest {
    const std::string& name; ///< one of backbone_names()
    const config::Section& model;
    augment::ImageShape shape;
    dist::Communicator& comm; ///< batch norms span it; must outlive the backbone
};

/// Builds a network that was read.
using BackboneMaker = std::function<std::shared_ptr<Backbone>()>;

/// Reads the `model` section; what is returned builds model.backbone for images of `shape`, initialised from the global
/// torch generator. Throws ConfigError for an unknown name or options that do not fit.
BackboneMaker read_backbone(const config::Section& model, augment::ImageShape shape, dist::Communicator& comm);

/// Reads it and builds it. Throws ConfigError also for images that it cannot encode.
std::shared_ptr<Backbone> make_backbone(const config::Section& model, augment::ImageShape shape,
                                        dist::Communicator& comm);

std::vector<std::string> backbone_names();

} // namespace tacit::models
