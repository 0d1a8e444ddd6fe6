// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/section.hpp"
#include "tests/temporary_folder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::train {

/// Writes a training split of `images` 16 x 16 RGB images (mixed waves, four kinds) as shards into `folder`.
/// `first_label`: of image 0, whose kind is 0.
void write_tiny_shards(const std::string& folder, std::int64_t images, int first_label = 0);

/// A config that trains `pretext` on the shards in `data` with a small convnet: batch 16, one thread,
/// a line of metrics every 3 steps, a checkpoint every 5; `changes` as of --set.
config::Document tiny_config(const std::string& data, const std::string& pretext,
                             const std::vector<std::string>& changes = {});

/// metrics.jsonl of a run folder without its timing fields.
std::string metrics_without_timing(const std::string& run_folder);

} // namespace tacit::train
