// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/key_info.hpp"
#include "pipeline/config/node.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tacit::config {

/// What a Document and its Sections share.
struct DocumentState {
    std::string name;          ///< of the file, for messages
    Node given;                ///< what the user wrote, --set applied; a mapping
    Node read;                 ///< what was read, in reading order, with values and origins; a mapping
    Node defaults;             ///< the same with the default of each key that has one; a mapping
    std::vector<KeyInfo> keys; ///< what was said of keys, in reading order
    std::vector<std::pair<std::string, std::string>> variants; ///< keys, and other forms that they may have
    bool read_begun = false;

    /// Where to look for a key: its own place, else that of its nearest given parent, else the file.
    std::string place_of(std::string_view path) const;
    /// What was said of the key at `path`, or nullptr.
    const KeyInfo* info_of(std::string_view path) const;
};

} // namespace tacit::config
