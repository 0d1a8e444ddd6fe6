// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/losses/soft_cross_entropy.hpp"
#include "models/pretext/pretext.hpp"

#include <functional>

namespace tacit::models {

/// How colours become classes.
struct ColorClassOptions {
    std::int64_t neighbours = 1; ///< bins that share a target
    double sigma = 5;            ///< of their Gaussian, in units of the centres
    double rebalance = 1;        ///< share of the uniform in the probabilities that weights come from; 1: no weights
    double temperature = 0.38;   ///< of the mean that pictures show
};

/// Colour as classes: bins, the probabilities that they have in the training set, and weights that follow from these;
/// all of them buffers.
class ColorClassesImpl : public torch::nn::Module {
  public:
    /// `centres` [Q, D] of the bins. All bins are equally likely until measure() is called.
    ColorClassesImpl(const ColorClassOptions& options, const at::Tensor& centres, dist::Communicator& comm);

    std::int64_t count() const { return centres_.size(0); }
    /// Collective: the probabilities, as the mean of the soft targets of `images` training images or all of the first
    /// epoch, of which values_of(views) [N, D, h, w] are the colours.
    void measure(const TrainingData& data, std::int64_t images,
                 const std::function<at::Tensor(const at::Tensor&)>& values_of);
    /// Of logits [N, Q, h, w] for values [N, D, h, w], a mean over the places of `global_count` images; "accuracy" is
    /// the share of places whose likeliest bin is the nearest.
    PretextLoss share(const at::Tensor& logits, const at::Tensor& values, std::int64_t global_count) const;
    /// [N, Q, h, w] -> [N, D, h, w]: the annealed mean.
    at::Tensor decode(const at::Tensor& logits) const;

  private:
    SoftClasses targets(const at::Tensor& values) const;

    ColorClassOptions options_;
    dist::Communicator* comm_;
    at::Tensor centres_, prior_, weights_;
};
TORCH_MODULE(ColorClasses);

} // namespace tacit::models
