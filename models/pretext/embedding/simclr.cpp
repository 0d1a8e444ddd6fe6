// SPDX-License-Identifier: Apache-2.0
#include "models/losses/nt_xent.hpp"
#include "models/pretext/embedding/embeddings.hpp"
#include "models/pretext/list.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr std::array kSimClrMetrics = {
    Metric{"accuracy", "views whose nearest projection in the global batch is the other view of their image", "share",
           "rises towards 1; near 1 / (2 B - 1), for B images a batch, nothing is learned yet"},
    kSpreadMetric};

/// SimCLR (Chen et al. 2020): two views of an image attract, all other images of the global batch repel. Both views go
/// through the network as one batch. Default temperature 0.5 (the paper's choice for CIFAR-10, app. B.9); `projector`
/// gives the layer sizes of the projection head, all batch-normalised.
class SimClr : public TwoViewPretext {
  public:
    explicit SimClr(const PretextParts& parts)
        : TwoViewPretext(parts),
          temperature_(parts.section.number(
              {"temperature",
               "divides similarities before the softmax; the smaller, the more the hardest negatives count"},
              0.5, {0.01, 10.0})) {}

    PretextLoss compare(const std::vector<at::Tensor>& embeddings) override {
        const auto share = nt_xent(embeddings[0], embeddings[1], temperature_, comm());
        return {share.loss, {{"accuracy", share.accuracy}, {"spread", share.spread}}};
    }

  private:
    double temperature_;
};

} // namespace

const PretextEntry simclr_pretext = make_entry<SimClr>("simclr", "simclr", kSimClrMetrics);

} // namespace tacit::models
