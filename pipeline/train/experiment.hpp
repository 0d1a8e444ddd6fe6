// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "dist/communicator.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/loader/data_config.hpp"
#include "pipeline/train/optim/config.hpp"
#include "pipeline/train/state/settings.hpp"
#include "pipeline/train/step/device_graph.hpp"
#include "pipeline/train/step/pretext_input.hpp"
#include "pipeline/train/train_config.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tacit::train {

/// Everything that a config describes, built: data set, recipe, model, and the numbers that follow.
struct Experiment {
    loader::DataConfig data;
    OptimConfig optim;
    TrainConfig train;
    CheckpointConfig checkpoint;
    std::string title; ///< of the report
    std::string pretext_name;
    Settings defaults; ///< of every key that was read
    Settings settings; ///< every setting, resolved, and data.order: what the order of images depends on besides

    std::unique_ptr<shards::Dataset> dataset; ///< the training split
    std::unique_ptr<augment::Recipe> recipe;
    std::shared_ptr<models::Pretext> pretext; ///< on the device, the same bytes on every rank
    InputFormat format;
    GraphMaker make_graph; ///< of the device; empty: steps are not recorded

    std::int64_t steps_per_epoch = 0;
    std::int64_t total_steps = 0;
    int threads = 1; ///< of LibTorch on this rank
    int workers = 1; ///< loader threads of this rank
};

/// Reads a section that belongs to a stage downstream of training (eval), so that a wrong key in it is
/// met before hours of training and not after.
using SectionReader = std::function<void(const config::Section&)>;

/// Collective. Reads the whole `document` (every key that is not read is an error), opens the data and makes the model:
/// enough to know that all fits and what every value is. `comm` must outlive the experiment. Throws ConfigError when
/// parts do not fit: views against the pretext, ranks against the batch, data smaller than one batch.
Experiment plan_experiment(config::Document& document, dist::Communicator& comm, const SectionReader& read_eval = {});

/// Collective. The same, ready to train: data being staged and its normalisation measured where nothing tells (see
/// settle_normalization() for `kept_normalization`), the model broadcast.
Experiment build_experiment(config::Document& document, dist::Communicator& comm, const SectionReader& read_eval = {},
                            const std::string& kept_normalization = {});

} // namespace tacit::train
