// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/guess/layout_guess.hpp"

#include <cstdint>
#include <string>

namespace tacit::shards {

/// Which files beside the one that is read are looked for: any; those without which a folder, which is read as a whole,
/// would be read wrongly; none.
enum class Beside { any, folder, none };

/// Adds to the guess that the file at `path`, of `images` images, gave: splits that lie in a file each, or images that
/// do, a pattern of which is proposed if it can be read.
void name_files_beside(const std::string& path, std::int64_t images, Beside beside, LayoutGuess& made);

} // namespace tacit::shards
