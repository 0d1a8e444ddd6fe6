// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/eval_config.hpp"
#include "eval/features.hpp"
#include "eval/results.hpp"
#include "models/backbones/backbone.hpp"
#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tacit::eval {

/// Makes the encoder to start from, afresh for every training; `seed` initialises what is random in it. The
/// encoder must live on this rank alone (batch norms of a self communicator): trainings are divided over ranks.
using BackboneFactory = std::function<std::shared_ptr<models::Backbone>(std::uint64_t seed)>;

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

/// What must be said of classes too small for the share that is drawn of each; empty where there are none.
std::vector<std::string> rare_class_notes(const shards::Dataset& train, const FinetuneOptions& options);

} // namespace tacit::eval
