// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/heads/projector.hpp"
#include "models/losses/distance.hpp"
#include "models/pretext/pretext.hpp"

namespace tacit::models {

// What pretexts have in common that compare embeddings of two views.

inline constexpr Metric kSpreadMetric{
    "spread", "standard deviation of the unit projections over the batch, times the root of their dimensions", "",
    "about 1: they cover the sphere; towards 0 all images get one projection (collapse)"};

/// The key `distance`.
Distance read_distance(const config::Section& pretext);

/// Embeds two views of each image as one batch: the projections [N, d] of the first and of the second, by a head whose
/// layer sizes the key `projector` gives and whose layers are all batch-normalised. compare() is the method.
class TwoViewPretext : public EmbeddingPretext {
  public:
    ViewNeeds needs() const override { return {.views = 2, .mask = false, .rotation = false, .images = 2}; }
    bool replayable() const override { return true; }
    std::vector<at::Tensor> embed(const PretextInput& input) override;

  protected:
    explicit TwoViewPretext(const PretextParts& parts);

  private:
    Projector projector_ = nullptr;
};

} // namespace tacit::models
