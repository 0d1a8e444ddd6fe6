// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/finetune.hpp"
#include "eval/protocols/list.hpp"
#include "eval/split_labels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tacit::eval {

namespace {

constexpr std::int64_t kMostOfAny = 1'000'000;

FinetuneOptions read_finetune(const config::Section& section) {
    FinetuneOptions options;
    options.fraction = section.number(
        {"fraction", "share of the training labels of each class, at least one of each; where per_class is 0"},
        options.fraction, {1e-9, 1});
    options.per_class = section.integer({"per_class", "of each class instead; 0: fraction counts", "labels"},
                                        options.per_class, {0, kMostOfAny});
    options.draws = static_cast<int>(
        section.integer({"draws", "independent draws of the labels, over which mean and deviation are taken"},
                        options.draws, {1, 1000}));
    options.epochs =
        section.integer({"epochs", "of each training, over its labels", "epochs"}, options.epochs, {1, kMostOfAny});
    options.batch = section.integer({"batch", "of one step", "images"}, options.batch, {2, kMostOfAny});
    options.optimizer = section.choice({"optimizer", "of encoder and head"}, options.optimizer, {"adamw", "sgd"});
    options.weight_decay = section.number({"weight_decay", "pull of weights towards 0"}, options.weight_decay, {0, 10});
    options.lrs = section.numbers({"lrs", "learning rates that are tried for every row alike; at least one"},
                                  options.lrs, {1e-8, 100});
    if (options.lrs.empty()) {
        section.fail("lrs", "needs at least one learning rate");
    }
    options.holdout =
        section.number({"holdout", "share of the labels, of each class, on which the learning rate is chosen"},
                       options.holdout, {0.01, 0.5});
    options.selection_draws = static_cast<int>(
        section.integer({"selection_draws", "draws of the labels on whose mean accuracy the learning rate is chosen"},
                        options.selection_draws, {1, 100}));
    options.seed =
        static_cast<std::uint64_t>(section.integer({"seed", "of the draws, the order and the head"}, 1, {0}));
    return options;
}

class FinetuneProtocol : public Protocol {
  public:
    explicit FinetuneProtocol(const config::Section& section) : options_(read_finetune(section)) {}

    std::string measure(FeatureStore& /*store*/) const override {
        const FinetuneOptions& o = options_;
        return fmt::format("{}, {} epochs of batches of {}, {}, weight decay {:g}, lr of {} chosen on {:g} % held out, "
                           "seed {}",
                           o.per_class > 0 ? fmt::format("{} labels a class", o.per_class)
                                           : fmt::format("{:g} % of the labels", 100 * o.fraction),
                           o.epochs, o.batch, o.optimizer, o.weight_decay, fmt::join(o.lrs, " "), 100 * o.holdout,
                           o.seed);
    }

    std::string baseline_settings() const override {
        return fmt::format("{} {}", options_.draws, options_.selection_draws);
    }

    std::vector<std::string> subjects() const override { return {kPretrained, kScratch}; }

    std::vector<std::string> notes(FeatureStore& store) const override {
        std::vector<std::string> notes = label_notes(store.train(), store.test());
        const std::vector<std::string> draws = draw_notes(store.train(), options_);
        notes.insert(notes.end(), draws.begin(), draws.end());
        return notes;
    }

    /// All at once, because their trainings are divided over the ranks together.
    std::vector<ResultRow> judge(const std::vector<std::string>& subjects, FeatureStore& store,
                                 dist::Communicator& comm) override {
        std::vector<FinetuneRow> starts;
        for (const std::string& subject : subjects) {
            starts.push_back({subject, store.start(subject)});
        }
        FeatureOptions images = store.images();
        images.device = store.device();
        return finetune(starts, store.train(), store.test(), images, options_, comm);
    }

  private:
    FinetuneOptions options_;
};

} // namespace

ProtocolEntry finetune_protocol() {
    return {"finetune",
            "finetune",
            "Fine-tune",
            "fine-tune a run with few labels, beside the same network trained from scratch",
            "encoder and linear head trained together on few labels, drawn by class with a fixed key, a share of each "
            "class; mean and standard deviation over independent draws. Pretrained and from-scratch rows use the same "
            "labels, the same network and the same grid of learning rates, chosen on labels held out of the training "
            "draw.",
            {accuracy_info()},
            {{"labels", "SHARE", "share of the training labels, in (0, 1]", {"fraction", "per_class=0"}},
             {"draws", "N", "independent draws of the labels", {"draws"}},
             {"epochs", "N", "of each training", {"epochs"}}},
            make_protocol<FinetuneProtocol>};
}

} // namespace tacit::eval
