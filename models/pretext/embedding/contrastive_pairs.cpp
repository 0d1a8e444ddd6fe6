// SPDX-License-Identifier: Apache-2.0
#include "models/losses/contrastive_pairs.hpp"

#include "models/losses/unit_rows.hpp"
#include "models/pretext/embedding/embeddings.hpp"
#include "models/pretext/list.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr std::array kPairsMetrics = {
    Metric{"active", "pairs of different images that are nearer than the margin", "share",
           "falls and stays above 0; at 0 from the start the margin asks for nothing: raise it"},
    kSpreadMetric};

/// Contrastive pairs (Hadsell et al. 2006) without labels: two views of an image are drawn together, views of different
/// images of the global batch are pushed apart up to a margin. Embeddings lie on the unit sphere, where unlike images
/// end up at a distance of about 1.4: the default margin 1 repels only what is nearer than that.
class ContrastivePairs : public TwoViewPretext {
  public:
    explicit ContrastivePairs(const PretextParts& parts)
        : TwoViewPretext(parts), distance_(read_distance(parts.section)),
          margin_(parts.section.number({"margin", "distance from which on different images no longer repel each other"},
                                       1.0, {1e-6, 100.0})) {}

    PretextLoss compare(const std::vector<at::Tensor>& embeddings) override {
        const auto share =
            contrastive_pairs_share(unit_rows(embeddings[0]), unit_rows(embeddings[1]), distance_, margin_, comm());
        return {share.loss, {{"active", share.active}, {"spread", share.spread}}};
    }

  private:
    Distance distance_;
    double margin_;
};

} // namespace

const PretextEntry contrastive_pairs_pretext =
    make_entry<ContrastivePairs>("contrastive_pairs", "simclr", kPairsMetrics);

} // namespace tacit::models
