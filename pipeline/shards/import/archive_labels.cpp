// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/archive_labels.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/labels/class_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

namespace tacit::shards {
namespace {

using Texts = std::vector<std::string>;

/// Whether `one` has a text where `other` has none.
bool says_more(const Texts& one, const Texts& other) {
    bool more = false;
    for (std::size_t i = 0; i < one.size(); ++i) {
        more = more || (!one[i].empty() && other[i].empty());
    }
    return more;
}

/// The first sample that two kinds of labels do not tell alike: as the same class, under whatever names, or `exactly`.
std::size_t first_difference(const Texts& one, const Texts& other, bool exactly) {
    std::unordered_map<std::string, std::string> there;
    std::unordered_map<std::string, std::string> back;
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (!one[i].empty() && !other[i].empty() &&
            (exactly ? one[i] != other[i]
                     : there.try_emplace(one[i], other[i]).first->second != other[i] ||
                           back.try_emplace(other[i], one[i]).first->second != one[i])) {
            return i;
        }
    }
    return one.size();
}

} // namespace

Texts archive_labels(const std::string& labels, const std::vector<std::string>& files,
                     const std::vector<ArchiveSample>& samples) {
    const auto texts_of = [&](std::size_t kind) {
        Texts texts;
        for (const ArchiveSample& sample : samples) {
            texts.push_back(class_name(sample.labels[kind]));
        }
        return texts;
    };
    const auto chosen = std::find(kArchiveLabels.begin(), kArchiveLabels.end(), labels);
    if (chosen != kArchiveLabels.end()) {
        return texts_of(static_cast<std::size_t>(chosen - kArchiveLabels.begin()));
    }
    if (!labels.empty()) {
        throw ConfigError(fmt::format("--labels {}: takes TABLE:COLUMN, none, or, of archives, one of {}",
                                      one_line(labels), fmt::join(kArchiveLabels, ", ")));
    }
    Texts taken = texts_of(0);
    std::size_t from = 0;
    for (std::size_t kind = 1; kind < kArchiveLabels.size(); ++kind) {
        const Texts other = texts_of(kind);
        if (!says_more(taken, Texts(taken.size()))) {
            taken = other;
            from = kind;
            continue;
        }
        const std::size_t renamed = first_difference(taken, other, true);
        std::size_t differs = first_difference(taken, other, false);
        if (differs == taken.size() && renamed < taken.size()) { // then one kind has to say all
            if (!says_more(other, taken)) {
                continue;
            }
            if (!says_more(taken, other)) {
                taken = other;
                from = kind;
                continue;
            }
            differs = renamed;
        }
        if (differs < taken.size()) {
            throw DataError(fmt::format("{}: its labels tell two things: {} is '{}' by {} and '{}' by {}, unlike "
                                        "other images; --labels {} or --labels {} says which counts",
                                        files[samples[differs].archive], one_line(samples[differs].image.name),
                                        one_line(taken[differs], 40), kArchiveLabels[from],
                                        one_line(other[differs], 40), kArchiveLabels[kind], kArchiveLabels[from],
                                        kArchiveLabels[kind]));
        }
        for (std::size_t i = 0; i < taken.size(); ++i) {
            taken[i] = taken[i].empty() ? other[i] : taken[i];
        }
    }
    return taken;
}

} // namespace tacit::shards
