// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "dist/communicator.hpp"
#include "models/backbones/backbone.hpp"
#include "pipeline/config/section.hpp"

#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tacit::models {

/// The views of one (micro-)batch on one rank, as tensors on the training device.
struct PretextInput {
    std::vector<at::Tensor> views; ///< each [N, C, H, W] float32, normalised by the data set's mean and std
    std::vector<at::Tensor> masks; ///< per view [N, planes, h, w] float32 (augment::MaskShape); undefined where none
    std::vector<at::Tensor> rotations;    ///< per view [N] int64 quarter turns; undefined where none
    std::vector<at::Tensor> permutations; ///< per view [N] int64 index into the permutation set; undefined where none
    std::int64_t global_count = 0;        ///< samples of this (micro-)batch over all ranks
};

/// What one rank contributes to a step.
struct PretextLoss {
    /// Scalar: this rank's *share* of the loss, i.e. the sum over its own terms divided by the global
    /// number of terms. Shares add up to the loss of the global batch; gradients likewise.
    at::Tensor loss;
    /// Further shares to log, e.g. {"accuracy", correct / global count}.
    std::map<std::string, double> metrics;
};

/// What a pretext needs from the augmentation stage; checked against the recipe before training.
struct ViewNeeds {
    int views = 1;         ///< at least
    bool mask = false;     ///< view 0 must make a mask of its pixels
    bool rotation = false; ///< every view must carry its rotation
    int images = 1;        ///< at least, in a micro-batch over all ranks: 2 where images are compared with each other
};

/// A picture for the report: rows of equally sized images.
struct PretextPicture {
    std::string title;                 ///< "reconstruction", "in-painting", "rotation puzzle"
    std::vector<std::string> columns;  ///< caption of each column, e.g. {"input", "output", "target"}
    at::Tensor images;                 ///< [rows, columns, C, H, W] float32, normalised like the views
    std::vector<std::string> captions; ///< optional, one per row, e.g. "90 degrees, predicted 90 degrees"
};

/// A pretext task: owns its backbone, its heads and its loss. Batch statistics, negatives and counts are
/// those of the global batch. One file per pretext; the registry in registry.cpp lists them.
class Pretext : public torch::nn::Module {
  public:
    virtual ViewNeeds needs() const = 0;
    /// Collective when the loss spans ranks. Differentiable.
    virtual PretextLoss loss(const PretextInput& input) = 0;
    /// Pictures of what the pretext learned, in eval mode without gradient; empty if there is nothing to see.
    virtual std::vector<PretextPicture> pictures(const PretextInput& input);
    /// Registered as module "backbone": its parameters are named backbone.*.
    Backbone& backbone() { return *backbone_; }

  protected:
    explicit Pretext(std::shared_ptr<Backbone> backbone, dist::Communicator& comm);
    dist::Communicator& comm() const { return *comm_; }

  private:
    std::shared_ptr<Backbone> backbone_;
    dist::Communicator* comm_;
};

/// Builds pretext.name from the `pretext` section. Throws ConfigError with the nearest name.
std::shared_ptr<Pretext> make_pretext(const config::Section& pretext, std::shared_ptr<Backbone> backbone,
                                      augment::ImageShape shape, dist::Communicator& comm);

/// autoencoder, context_encoder, rotnet, simclr, triplet.
std::vector<std::string> pretext_names();

/// Name of the augmentation recipe that a pretext uses unless the config names another.
std::string default_recipe(const std::string& pretext);

/// [N, H, W, C] pixels, uint8 levels or floats (T) -> [N, C, H, W] float32 (x - mean) / std, channels-last in memory;
/// x = level / 255. `pixels` is read before the call returns. mean and std have C entries in [0, 1].
template <class T>
at::Tensor normalized_images(const T* pixels, std::int64_t count, augment::ImageShape shape,
                             const std::vector<double>& mean, const std::vector<double>& std);

} // namespace tacit::models
