// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::eval {

/// The folders without those that are another spelling of, or a link to, one before; each of these is warned of.
std::vector<std::string> distinct_runs(const std::vector<std::string>& run_folders);

/// Writes one self-contained HTML page (no script, no network) about one or many run folders to `out`,
/// atomically: result table, curves, pictures, maps, protocol, config, environment, commands. Parts that a run does
/// not have (yet) are left out. Returns the result table as lines of text. Throws IoError/DataError naming the run
/// folder or file that cannot be read.
std::string write_report(const std::vector<std::string>& run_folders, const std::string& out);

} // namespace tacit::eval
