// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit {

/// The words as one line that a POSIX shell reads as the same words: what is not plain stands in single quotes.
std::string shell_line(const std::vector<std::string>& words);

} // namespace tacit
