// SPDX-License-Identifier: Apache-2.0
#include "models/heads/projector.hpp"
#include "models/losses/spread.hpp"
#include "models/losses/unit_rows.hpp"
#include "models/parts/ema_teacher.hpp"
#include "models/pretext/embedding/embeddings.hpp"
#include "models/pretext/list.hpp"
#include "models/step/schedule.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr std::array kByolMetrics = {kSpreadMetric};

/// BYOL (Grill et al. 2020): the online network predicts, from one view, what a slowly moving copy of it, the target,
/// gives for the other view; no negatives. Loss |predicted - target|^2 of unit vectors, 2 - 2 cos, over both
/// directions: summed, as in the paper. Both projectors and the predictor are linear, batch norm, ReLU, linear;
/// `projector` and `predictor` give their layer sizes, the predictor's last one being the projector's (paper: [4096,
/// 256] and [4096]). `ema` is the target's momentum, by default from 0.99 to 1 by a cosine (the paper's form; 0.99 is
/// the value of its shorter runs).
class Byol : public Pretext {
  public:
    explicit Byol(const PretextParts& parts)
        : Pretext(parts),
          momentum_(read_schedule(
              parts.section, {"ema", "share of itself that the target keeps in a step; the rest is the online network"},
              cosine(0.99, 1), {0, 1})) {
        const auto sizes = read_projector_sizes(parts.section);
        auto predictor = parts.section.integers(
            {"predictor", "hidden layers of the predictor; its output has the projector's size", "dimensions"},
            {sizes.front()}, {1, 65536});
        predictor.push_back(sizes.back());
        const auto dim = backbone().feature_dim();
        projector_ = register_module("projector", Projector(dim, sizes, ProjectorNorm::hidden, comm()));
        predictor_ = register_module("predictor", Projector(sizes.back(), predictor, ProjectorNorm::hidden, comm()));
        target_ = register_module("target", parts.another());
        target_projector_ = register_module("target_projector", Projector(dim, sizes, ProjectorNorm::hidden, comm()));
        start_teacher(*target_, backbone());
        start_teacher(*target_projector_, *projector_);
    }

    ViewNeeds needs() const override { return {.views = 2, .mask = false, .rotation = false, .images = 2}; }
    bool replayable() const override { return true; }

    PretextLoss loss(const PretextInput& input) override {
        const at::Tensor views = torch::cat({input.views[0], input.views[1]});
        const at::Tensor projections = projector_(backbone().forward(views));
        const at::Tensor predictions = unit_rows(predictor_(projections));
        at::Tensor targets;
        {
            const torch::NoGradGuard no_gradient;
            const auto halves = unit_rows(target_projector_(target_->forward(views))).chunk(2, 0);
            targets = torch::cat({halves[1], halves[0]}); // each view's target is of the other one
        }
        const auto count = static_cast<double>(input.global_count);
        // of all images, so that ranks do not count
        const at::Tensor all = comm().all_gather(unit_rows(projections.detach()).contiguous());
        return {(2 - 2 * (predictions * targets).sum(1)).sum() / count, {{"spread", spread_of(all) / comm().size()}}};
    }

    /// The target follows after the optimiser, once a step.
    void after_step(const StepContext& at) override {
        update_teacher(*target_, backbone(), momentum_.at(at));
        update_teacher(*target_projector_, *projector_, momentum_.at(at));
    }

  private:
    Schedule momentum_;
    Projector projector_ = nullptr, predictor_ = nullptr, target_projector_ = nullptr;
    std::shared_ptr<Backbone> target_;
};

} // namespace

const PretextEntry byol_pretext = make_entry<Byol>("byol", "byol", kByolMetrics);

} // namespace tacit::models
