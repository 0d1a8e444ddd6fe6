// SPDX-License-Identifier: Apache-2.0
#include "models/losses/triplet.hpp"

#include "models/losses/unit_rows.hpp"
#include "models/pretext/embedding/embeddings.hpp"
#include "models/pretext/list.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

TripletOptions read_options(const config::Section& section) {
    TripletOptions options;
    options.distance = read_distance(section);
    const std::string negatives = section.choice(
        {"negatives", "of an anchor: the nearest one that is farther than the positive, the nearest of all, or any"},
        "semi_hard", {"semi_hard", "hard", "random"});
    options.negatives = negatives == "semi_hard" ? Negatives::semi_hard
                        : negatives == "hard"    ? Negatives::hard
                                                 : Negatives::random;
    options.margin =
        section.number({"margin", "by which a negative must be farther away than the positive"}, 0.5, {0.0, 100.0});
    return options;
}

constexpr std::array kTripletMetrics = {
    Metric{"active", "triplets whose loss is above 0", "share",
           "falls slowly; near 0 there is nothing left to learn: a larger batch or margin, or negatives: semi_hard"},
    kSpreadMetric};

/// Triplet learning (Schroff et al. 2015) without labels: the anchor is the first view of an image, the positive its
/// second view, the negative the second view of another image of the global batch. Embeddings lie on the unit sphere.
class Triplet : public TwoViewPretext {
  public:
    explicit Triplet(const PretextParts& parts) : TwoViewPretext(parts), options_(read_options(parts.section)) {}

    PretextLoss compare(const std::vector<at::Tensor>& embeddings) override {
        const auto share = triplet_share(unit_rows(embeddings[0]), unit_rows(embeddings[1]), options_, comm());
        return {share.loss, {{"active", share.active}, {"spread", share.spread}}};
    }

  private:
    TripletOptions options_;
};

} // namespace

const PretextEntry triplet_pretext = make_entry<Triplet>("triplet", "triplet", kTripletMetrics);

} // namespace tacit::models
