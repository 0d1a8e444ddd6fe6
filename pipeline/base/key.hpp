// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tacit {

/// The name of a value that a person sets, with what its reader says of it. There is no other list of keys: `tacit help
/// config` and docs/config.md are what the readers say. The texts must outlive the key.
struct Key {
    /// A key without a meaning does not compile. `usual`: the default in words, where it depends on more than the
    /// config.
    consteval Key(std::string_view its_name, std::string_view its_meaning, std::string_view its_unit = {},
                  std::string_view its_usual = {})
        : Key(Data{}, its_name, its_meaning, its_unit, its_usual) {
        if (name.empty() || meaning.empty()) {
            throw "a key needs a name and a meaning";
        }
    }

    /// A key whose texts are data themselves.
    static constexpr Key of(std::string_view name, std::string_view meaning, std::string_view unit = {},
                            std::string_view usual = {}) {
        return {Data{}, name, meaning, unit, usual};
    }

    std::string_view name;
    std::string_view meaning; ///< one English phrase: what it does, and what to consider when it is changed
    std::string_view unit;    ///< "pixels", "epochs"; empty where there is none
    std::string_view usual;

  private:
    struct Data {};
    constexpr Key(Data /*unchecked*/, std::string_view its_name, std::string_view its_meaning,
                  std::string_view its_unit, std::string_view its_usual)
        : name(its_name), meaning(its_meaning), unit(its_unit), usual(its_usual) {}
};

} // namespace tacit
