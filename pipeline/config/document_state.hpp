// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/node.hpp"

#include <string>

namespace tacit::config {

/// What a Document and its Sections share.
struct DocumentState {
    std::string name; ///< of the file, for messages
    Node given;       ///< what the user wrote, --set applied; a mapping
    Node read;        ///< what was read, in reading order, with values and origins; a mapping
    Node defaults;    ///< the same with the default of each key that has one; a mapping
    bool read_begun = false;

    /// Where to look for a key: its own place, else that of its nearest given parent, else the file.
    std::string place_of(std::string_view path) const;
};

} // namespace tacit::config
