// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/report/run_record.hpp"

#include <string>
#include <vector>

namespace tacit::eval::report {

// The sections of the page as HTML; each is empty when the runs have nothing for it.

/// Loss (relative to its first value when several runs share the chart), accuracy and other curves.
std::string curves_section(const std::vector<RunRecord>& runs);
/// Augmented views as the trainer saw them, and the pretext's own pictures.
std::string pictures_section(const std::vector<RunRecord>& runs);
std::string neighbours_section(const std::vector<RunRecord>& runs);
std::string maps_section(const std::vector<RunRecord>& runs);
/// What was measured, how, and at which settings, from the results' own details.
std::string protocol_section(const std::vector<RunRecord>& runs);
/// Config and environment of each run, folded away.
std::string settings_section(const std::vector<RunRecord>& runs);
/// The commands that made the runs and this page.
std::string reproduce_section(const std::vector<RunRecord>& runs, const std::string& out);

} // namespace tacit::eval::report
