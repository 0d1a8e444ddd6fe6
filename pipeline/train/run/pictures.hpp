// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"
#include "pipeline/train/run/run_paths.hpp"
#include "pipeline/train/step/pretext_input.hpp"

#include <string>
#include <vector>

namespace tacit::train {

/// A sheet of the views in `input` as the trainer saw them: one row per sample, one column per view, and
/// a further column per masked view with the hidden pixels blanked.
models::PretextPicture view_sheet(const models::PretextInput& input);

/// Writes each picture as a PNG of tiles into RunPaths::pictures() (created) and adds it to the index there:
/// [{"title", "file", "columns", "captions", "rows"}]. An entry with the same title is replaced. Throws
/// IoError. `format` undoes the normalisation.
void write_pictures(const RunPaths& paths, const std::vector<models::PretextPicture>& pictures,
                    const InputFormat& format);

} // namespace tacit::train
