// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tacit::cli {

/// What is logged in training, of every pretext, and what judging scores.
std::string metrics_help();

/// docs/metrics.md.
std::string metrics_page();

} // namespace tacit::cli
