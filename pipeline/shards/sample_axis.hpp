// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tacit::shards {

/// Letters of Axes with N in front where they hold none: an array that is one image by itself.
inline std::string with_sample_axis(const std::string& letters) {
    return letters.find('N') == std::string::npos ? "N" + letters : letters;
}

} // namespace tacit::shards
