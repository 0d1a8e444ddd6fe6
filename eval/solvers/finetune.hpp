// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/features/feature_store.hpp"
#include "eval/results/results.hpp"
#include "models/backbones/backbone.hpp"
#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tacit::eval {

/// Fine-tuning of the whole network with few labels.
struct FinetuneOptions {
    double fraction = 0.01;     ///< share of each class's training labels, at least one; used when per_class is 0
    std::int64_t per_class = 0; ///< labels of each class; > 0 overrides `fraction`
    int draws = 3;              ///< independent draws of the labels
    std::int64_t epochs = 30;
    std::int64_t batch = 32;
    std::string optimizer = "adamw";
    double weight_decay = 1e-2;
    std::vector<double> lrs = {2e-3, 6e-3, 2e-2}; ///< tried for every row alike
    double holdout = 0.2;    ///< share of the labels, stratified, on which the learning rate is chosen
    int selection_draws = 1; ///< draws on which the learning rate is chosen (their mean accuracy decides)
    std::uint64_t seed = 1;
};

/// One row of the table: its name and its start.
struct FinetuneRow {
    std::string name;
    BackboneFactory start;
};

/// Collective: for every row, trains encoder and linear head together on few labels of `train`. The learning rate of
/// each row is chosen from the same grid on a held-out share of the labels; then every draw is trained on all of its
/// labels and measured once on `test`. Rows, learning rates and draws are divided over the ranks; the result does not
/// depend on their number. Labels are drawn by class: a share of each, or FinetuneOptions::per_class of each.
std::vector<ResultRow> finetune(const std::vector<FinetuneRow>& rows, const shards::Dataset& train,
                                const shards::Dataset& test, const FeatureOptions& images,
                                const FinetuneOptions& options, dist::Communicator& comm);

/// What must be said of the draws: classes too small for the share that is drawn of each, and that all draws take all
/// labels. Empty where there is nothing. Throws as equal_counts() does.
std::vector<std::string> draw_notes(const shards::Dataset& train, const FinetuneOptions& options);

} // namespace tacit::eval
