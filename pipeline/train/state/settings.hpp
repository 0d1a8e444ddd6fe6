// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tacit::train {

/// A resolved config as dotted key -> value text, e.g. {"optim.betas[0]", "0.9"}.
using Settings = std::map<std::string, std::string>;

/// Flattens Document::resolved_yaml(). Throws DataError when `yaml` is not YAML, which names `place` and the line.
Settings flat_settings(const std::string& yaml, const std::string& place = "the resolved config");

/// Flattens Document::defaults_yaml(): the defaults of keys, by the names that flat_settings() gives them.
Settings default_settings(const std::string& yaml);

// What decides the weights may not change when a run is resumed: data, augmentation, model, pretext, optimiser, batch,
// precision and seed. Free: places and machine (data.path, workers, bad samples, threads, device, dist), cadence
// (log_every, checkpoint, report, eval), and the length (epochs, max_steps) as long as no schedule is a cosine or
// linear, which depend on their end. data.shuffle, window and lanes are free as long as the order that follows from
// them, data.order, is the same.

/// SHA-256 over the settings that may not change.
std::string settings_digest(const Settings& settings);

/// One line for each setting that may not change and did: "optim.lr is 0.1, the checkpoint has 0.2". A key that `saved`
/// lacks is younger than the checkpoint: what was trained then is what its default gives, so that no other value fits.
std::vector<std::string> conflicts(const Settings& saved, const Settings& current, const Settings& defaults);

} // namespace tacit::train
