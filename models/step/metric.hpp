// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tacit::models {

/// A number that is logged while a run trains, and how to read it: `tacit help metrics`, docs/metrics.md and the report
/// say the same. The texts must outlive it.
struct Metric {
    /// One without a meaning or without a word on what is healthy does not compile.
    consteval Metric(std::string_view its_name, std::string_view its_meaning, std::string_view its_unit,
                     std::string_view its_healthy)
        : Metric(Data{}, its_name, its_meaning, its_unit, its_healthy) {
        if (name.empty() || meaning.empty() || healthy.empty()) {
            throw "a metric needs a name, a meaning and what is healthy";
        }
    }

    /// A metric whose texts are data themselves.
    static constexpr Metric of(std::string_view name, std::string_view meaning, std::string_view unit,
                               std::string_view healthy) {
        return {Data{}, name, meaning, unit, healthy};
    }

    std::string_view name;
    std::string_view meaning; ///< one English phrase
    std::string_view unit;    ///< "share of images"; empty where there is none
    std::string_view healthy; ///< what it does in a run that learns, and what the opposite means

  private:
    struct Data {};
    constexpr Metric(Data /*unchecked*/, std::string_view its_name, std::string_view its_meaning,
                     std::string_view its_unit, std::string_view its_healthy)
        : name(its_name), meaning(its_meaning), unit(its_unit), healthy(its_healthy) {}
};

} // namespace tacit::models
