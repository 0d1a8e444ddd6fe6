// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::eval {

/// Writes one self-contained HTML page (no script, no network) about one or many run folders to `out`,
/// atomically: result table, curves, pictures, maps, protocol, config, environment, commands. Parts that a run does
/// not have (yet) are left out. Throws IoError/DataError naming the run folder or file that cannot be read.
void write_report(const std::vector<std::string>& run_folders, const std::string& out);

} // namespace tacit::eval
