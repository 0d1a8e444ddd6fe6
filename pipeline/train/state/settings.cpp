// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/state/settings.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <regex>
#include <string_view>
#include <yaml-cpp/yaml.h>

namespace tacit::train {

namespace {

constexpr std::array<std::string_view, 21> kFree = {"data.path",
                                                    "data.labels",
                                                    "data.workers",
                                                    "data.slots",
                                                    "data.test",
                                                    "data.val",
                                                    "data.shuffle",
                                                    "data.window",
                                                    "data.lanes",
                                                    "data.on_bad_sample",
                                                    "data.max_bad_samples",
                                                    "data.stage",
                                                    "train.log_every",
                                                    "train.max_skipped",
                                                    "train.threads",
                                                    "train.device",
                                                    "train.cuda_graph",
                                                    "dist.",
                                                    "checkpoint.",
                                                    "eval.",
                                                    "report."};

void flatten(const YAML::Node& node, const std::string& path, Settings& settings) {
    if (node.IsMap()) {
        for (const auto& entry : node) {
            const auto key = entry.first.as<std::string>();
            flatten(entry.second, path.empty() ? key : path + "." + key, settings);
        }
    } else if (node.IsSequence()) {
        for (std::size_t i = 0; i < node.size(); ++i) {
            flatten(node[i], fmt::format("{}[{}]", path, i), settings);
        }
    } else {
        settings[path] = node.IsScalar() ? node.Scalar() : std::string();
    }
}

/// Whether some number of the run moves towards its end: with another length it would have had other values before.
bool depends_on_length(const Settings& settings) {
    if (!settings.contains("optim.schedule")) {
        return true; // the default
    }
    return std::any_of(settings.begin(), settings.end(), [](const auto& setting) {
        return setting.first.ends_with(".schedule") && (setting.second == "cosine" || setting.second == "linear");
    });
}

/// Whether a run may be resumed with another value of `key`.
bool may_change(const std::string& key, bool length_is_fixed) {
    if (key == "train.epochs" || key == "train.max_steps") {
        return !length_is_fixed;
    }
    return std::any_of(kFree.begin(), kFree.end(),
                       [&](std::string_view free) { return free.back() == '.' ? key.starts_with(free) : key == free; });
}

} // namespace

Settings flat_settings(const std::string& yaml, const std::string& place) {
    Settings settings;
    try {
        flatten(YAML::Load(yaml), "", settings);
    } catch (const YAML::Exception& error) {
        const std::string line = error.mark.is_null() ? "" : fmt::format(" in line {}", error.mark.line + 1);
        throw DataError(fmt::format("{} is not YAML{}; put back what tacit pretrain wrote", place, line));
    }
    return settings;
}

Settings default_settings(const std::string& yaml) {
    Settings settings;
    for (const auto& [key, value] : flat_settings(yaml)) {
        settings[std::regex_replace(key, std::regex("\\.([0-9]+)(?=\\.|$)"), "[$1]")] = value;
    }
    return settings;
}

std::string settings_digest(const Settings& settings) {
    const bool length_is_fixed = depends_on_length(settings);
    Sha256 digest;
    for (const auto& [key, value] : settings) {
        if (may_change(key, length_is_fixed)) {
            continue;
        }
        const std::string line = fmt::format("{}={}\n", key, value);
        digest.update(line.data(), line.size());
    }
    return digest.hex();
}

std::vector<std::string> conflicts(const Settings& saved, const Settings& current, const Settings& defaults) {
    const bool length_is_fixed = depends_on_length(saved);
    const auto value_in = [](const Settings& settings, const std::string& key) {
        const auto found = settings.find(key);
        return found == settings.end() ? std::string("not set") : found->second;
    };
    Settings all = saved;
    all.insert(current.begin(), current.end());
    std::vector<std::string> lines;
    for (const auto& entry : all) {
        const std::string& key = entry.first;
        const std::string before = value_in(saved.contains(key) ? saved : defaults, key);
        const std::string now = value_in(current, key);
        if (before != now && !may_change(key, length_is_fixed)) {
            lines.push_back(fmt::format("{} is {}, the checkpoint has {}", key, now, before));
        }
    }
    return lines;
}

} // namespace tacit::train
