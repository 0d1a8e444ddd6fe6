// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/named_tensors.hpp"
#include "pipeline/train/state/manifest.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tacit::train {

/// "step-00000100".
std::string checkpoint_name(std::int64_t step);

/// Writes a whole checkpoint, `{model.safetensors,optimizer.safetensors,manifest.json}`, in `folder` under a temporary
/// name and fsyncs it; then earlier temporary ones are removed. Fills manifest.files. Throws IoError (full disk) after
/// the temporary folder is removed, and NotFiniteError, before anything is written, for weights or a state of the
/// optimiser that are no finite numbers. `before_each`, if any, is called before each tensor; what it throws leaves the
/// temporary folder unfinished.
void stage_checkpoint(const std::string& folder, Manifest manifest, const NamedTensors& model,
                      const NamedTensors& optimizer, const std::function<void()>& before_each = {});

/// Renames what stage_checkpoint() wrote for that step to `<folder>/step-…` and points `<folder>/latest` at it: a crash
/// at any instant leaves the earlier checkpoints whole. Returns the checkpoint's path. Throws IoError.
std::string publish_checkpoint(const std::string& folder, std::int64_t step);

/// Whether there is something to publish_checkpoint().
bool is_staged(const std::string& folder, std::int64_t step);

/// Names of the whole (renamed) checkpoints in `folder`, newest first; empty if there is no folder.
std::vector<std::string> list_checkpoints(const std::string& folder);

/// Checks sizes and SHA-256 of every file that the manifest names, and that the weights are finite numbers. Throws
/// DataError/IoError naming the file.
Manifest verify_checkpoint(const std::string& path);

/// A checkpoint that passed verify_checkpoint().
struct ValidCheckpoint {
    std::string path;
    Manifest manifest;
};

/// The newest checkpoint in `folder` that verifies; each damaged newer one is skipped with a warning.
std::optional<ValidCheckpoint> newest_valid_checkpoint(const std::string& folder);

/// After the checkpoint of step `written`: removes all but the newest `keep` up to it, and left-over temporary folders.
/// Later ones were passed over when the run resumed; they are renamed to "step-….rejected", with a warning, so that
/// they take no place of a good one. Never throws for the file system's errors, which are warnings.
void prune_checkpoints(const std::string& folder, std::int64_t keep, std::int64_t written);

} // namespace tacit::train
