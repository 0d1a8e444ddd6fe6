// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/report/run_record.hpp"

#include <string>
#include <vector>

namespace tacit::eval::report {

/// The table of all runs and baselines as HTML: a row a run, then the baselines; the best of each column bold if its
/// 95 % interval overlaps with no other's. Below it, sentences on how to read it and what weakens it.
std::string result_table(const std::vector<RunRecord>& runs);

/// The same table as lines of plain text, for a terminal or a log.
std::string result_lines(const std::vector<RunRecord>& runs);

/// One sentence that says who won and by how much over the baselines, as plain text; says so when nothing has been
/// evaluated yet.
std::string verdict(const std::vector<RunRecord>& runs);

} // namespace tacit::eval::report
