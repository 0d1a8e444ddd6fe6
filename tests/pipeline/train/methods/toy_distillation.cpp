// SPDX-License-Identifier: Apache-2.0
// A method of student and teacher, as one file: what the trainer must carry without knowing of it. As DINO (Caron et
// al. 2021) the student sees all crops, the teacher the global ones, whose centre is taken off and whose last layer
// stands still at first; as MoCo it tells images from a queue. Crops have two sizes; the momentum moves.
#include "models/heads/projector.hpp"
#include "models/losses/unit_rows.hpp"
#include "models/parts/centre.hpp"
#include "models/parts/ema_teacher.hpp"
#include "models/parts/feature_queue.hpp"
#include "models/pretext/list.hpp"
#include "models/step/schedule.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr std::int64_t kWidth = 16;
constexpr std::int64_t kQueue = 64;
constexpr double kTemperature = 0.2;

constexpr std::array kToyDistillationMetrics = {Metric{"locals", "loss of the local views", "", "falls"}};

class ToyDistillation : public Pretext {
  public:
    explicit ToyDistillation(const PretextParts& parts)
        : Pretext(parts),
          momentum_(read_schedule(parts.section, {"ema", "share of itself that the teacher keeps in a step"},
                                  cosine(0.9, 1), {0, 1})) {
        const std::vector<std::int64_t> sizes = {kWidth, kWidth};
        const auto dim = backbone().feature_dim();
        head_ = register_module("head", Projector(dim, sizes, ProjectorNorm::hidden, comm()));
        teacher_ = register_module("teacher", parts.another());
        teacher_head_ = register_module("teacher_head", Projector(dim, sizes, ProjectorNorm::hidden, comm()));
        centre_ = register_module("centre", Centre(kWidth, comm()));
        queue_ = register_module("queue", FeatureQueue(kQueue, kWidth, comm()));
        start_teacher(*teacher_, backbone());
        start_teacher(*teacher_head_, *head_);
    }

    ViewNeeds needs() const override { return {.views = 2, .mask = false, .rotation = false, .images = 2}; }

    /// The head's last layer is a group of its own, because it stands still for an epoch.
    std::vector<ParameterGroup> groups() override {
        auto rest = group_of("main", {"backbone", "head.linear1", "head.norm1"});
        auto last = group_of("main", {"head.linear2"});
        last.name = "last layer";
        return {rest, last};
    }

    GroupPlan plan(const ParameterGroup& group, const StepContext& at) const override {
        return {.train = group.name != "last layer" || at.epoch() >= 1, .lr_scale = 1};
    }

    void before_step(const StepContext& /*at*/) override { pending_.clear(); }

    PretextLoss loss(const PretextInput& input) override {
        std::vector<at::Tensor> targets;
        {
            const torch::NoGradGuard no_gradient;
            for (int view = 0; view < 2; ++view) {
                const at::Tensor output = teacher_head_(teacher_->forward(input.views[view]));
                pending_.push_back(full_precision(output));
                targets.push_back(unit_rows(pending_.back() - centre_->value()));
            }
        }
        at::Tensor total;
        double terms = 0;
        double locals = 0;
        for (std::size_t view = 0; view < input.views.size(); ++view) {
            const at::Tensor student = unit_rows(head_(backbone().forward(input.views[view])));
            const bool local = input.views[view].size(2) < input.views.front().size(2);
            locals += local ? 1 : 0;
            for (std::size_t target = 0; target < targets.size(); ++target) {
                if (target == view) {
                    continue;
                }
                const at::Tensor logits =
                    torch::cat({(student * targets[target]).sum(1, true), student.matmul(queue_->rows().t())}, 1);
                const at::Tensor term = -torch::log_softmax(logits / kTemperature, 1).select(1, 0).sum();
                total = total.defined() ? total + term : term;
                terms += 1;
            }
        }
        return {total / (terms * static_cast<double>(input.global_count)),
                {{"locals", torch::full({}, locals * static_cast<double>(input.views.front().size(0)) /
                                                static_cast<double>(input.global_count))}}};
    }

    /// Teacher, then centre and queue, of all micro-batches.
    void after_step(const StepContext& at) override {
        update_teacher(*teacher_, backbone(), momentum_.at(at));
        update_teacher(*teacher_head_, *head_, momentum_.at(at));
        for (const at::Tensor& rows : pending_) {
            centre_->update(rows, 0.9);
            queue_->push(unit_rows(rows));
        }
    }

    std::shared_ptr<Backbone> evaluated() override { return teacher_; }

  private:
    Schedule momentum_;
    Projector head_ = nullptr, teacher_head_ = nullptr;
    std::shared_ptr<Backbone> teacher_;
    Centre centre_ = nullptr;
    FeatureQueue queue_ = nullptr;
    std::vector<at::Tensor> pending_; ///< what the teacher gave in this step
};

[[maybe_unused]] const bool kToyDistillationAdded =
    (add_pretext(make_entry<ToyDistillation>("toy_distillation", "multicrop", kToyDistillationMetrics)), true);

} // namespace
} // namespace tacit::models
