// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/label_rivals.hpp"

#include "pipeline/shards/data_section.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

std::string setting_of(const std::string& key) {
    return fmt::format("`labels: {}`", yaml_text(of_all_splits(key)));
}

std::string class_of(const Labels& labels, std::int32_t label) {
    return label < 0 ? std::string() : labels.classes.at(static_cast<std::size_t>(label));
}

bool tells_others(const OtherLabels& labels, std::size_t images) {
    std::set<std::string> taken;
    std::set<std::string> other;
    for (const ClassPair& pair : labels.pairs) {
        taken.insert(pair.taken);
        other.insert(pair.other);
    }
    const bool names = role_of_name(labels.key) == ArrayRole::classes && other.size() == images;
    const bool same = labels.pairs.size() == taken.size() && labels.pairs.size() == other.size();
    if (other.size() < 2 || names || same) {
        return false;
    }
    return labels.usual || taken.size() == other.size();
}

} // namespace

void LabelRivals::add(const std::string& key, bool usual, const Labels& of_taken, const Labels& of_other) {
    std::set<std::pair<std::int32_t, std::int32_t>> met;
    for (std::size_t i = 0; i < std::min(of_taken.values.size(), of_other.values.size()); ++i) {
        met.emplace(of_taken.values[i], of_other.values[i]);
    }
    OtherLabels labels{key, usual, {}};
    for (const auto& [one, other] : met) {
        labels.pairs.push_back({class_of(of_taken, one), class_of(of_other, other)});
    }
    std::sort(labels.pairs.begin(), labels.pairs.end());
    others.push_back(std::move(labels));
}

void LabelRivals::join(const LabelRivals& more) {
    for (const OtherLabels& one : more.others) {
        const auto same =
            std::find_if(others.begin(), others.end(), [&](const auto& own) { return own.key == one.key; });
        if (same == others.end()) {
            others.push_back(one);
            continue;
        }
        std::vector<ClassPair> all;
        std::set_union(same->pairs.begin(), same->pairs.end(), one.pairs.begin(), one.pairs.end(),
                       std::back_inserter(all));
        same->pairs = std::move(all);
    }
}

std::string LabelRivals::doubt(std::size_t images) const {
    std::vector<std::string> keys;
    std::string settings;
    for (const OtherLabels& one : others) {
        if (tells_others(one, images)) {
            keys.push_back(one.key);
            settings += ", or " + setting_of(one.key);
        }
    }
    return keys.empty()
               ? std::string()
               : fmt::format("{}, but '{}' hold{} other labels ({}{}; --labels)", what, fmt::join(keys, "', '"),
                             keys.size() == 1 ? "s" : "", setting_of(taken), settings);
}

} // namespace tacit::shards
