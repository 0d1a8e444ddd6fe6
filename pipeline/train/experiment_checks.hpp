// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/train/experiment.hpp"

#include <string>

namespace tacit::train {

// Combinations of settings that cannot work, or make no sense, are refused when the config is read. All throw
// ConfigError with the place of the setting where one is to blame; `root` is the whole config.

/// The recipe makes the views that the pretext needs.
void check_views(const models::ViewNeeds& needs, const augment::Recipe& recipe, const std::string& pretext);
/// The learning rate rises to optim.lr before the run ends; where train.max_steps cuts it short, for a first look
/// perhaps, only a warning.
void check_warmup(const Experiment& experiment, const config::Section& root, const dist::Communicator& comm);
/// A micro-batch holds as many images as the loss compares with each other.
void check_images(const Experiment& experiment, const config::Section& root);
/// Warns of a network that keeps large images large: nothing is wrong with it, but few can wait for it.
void warn_of_large_maps(const models::Backbone& backbone, augment::ImageShape shape, const dist::Communicator& comm);
/// Views after the first, which may be smaller, are images that the backbone can encode.
void check_view_sizes(const models::Backbone& backbone, const augment::Recipe& recipe);
/// The optimiser does not ruin the network.
void check_optimizer(const Experiment& experiment, const config::Section& root);
/// Collective. data.test and data.val, read from `section`, name splits that are there, unless they are the defaults:
/// training needs neither.
void check_splits(const loader::DataConfig& data, const config::Section& section, dist::Communicator& comm);
/// The name of a pretext that exists.
std::string read_pretext_name(const config::Section& section);

} // namespace tacit::train
