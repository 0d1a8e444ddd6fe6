// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/describe.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace tacit::config {
namespace {

/// One reading, under some settings.
struct Reading {
    Settings settings;
    std::vector<KeyInfo> keys;
    Settings forms;
};

/// A choice, and which reading each of its words gave.
struct Expansion {
    std::string key;
    std::vector<std::pair<std::string, std::size_t>> readings;
};

Reading read_under(const std::string& section, const RootReader& read, const Settings& settings) {
    Document document = Document::from_text("", "help");
    for (const auto& [key, yaml] : settings) {
        document.set(std::string(key).append("=").append(yaml));
    }
    try {
        read(document.root());
    } catch (const ConfigError&) { // a word that needs another key beside it
    }
    Reading reading{settings, document.keys_read(), document.other_forms()};
    const auto outside = [&](const std::string& path) { return path != section && !path.starts_with(section + "."); };
    std::erase_if(reading.keys, [&](const KeyInfo& key) { return outside(key.path); });
    std::erase_if(reading.forms, [&](const auto& form) { return outside(form.first); });
    return reading;
}

bool same(const KeyInfo& a, const KeyInfo& b) {
    return a.path == b.path && a.meaning == b.meaning && a.unit == b.unit && a.values == b.values &&
           a.choices == b.choices;
}

const KeyInfo* find_in(const std::vector<KeyInfo>& keys, const KeyInfo& wanted) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeyInfo& key) { return same(key, wanted); });
    return found == keys.end() ? nullptr : &*found;
}

/// All readings that follow from each other.
class Readings {
  public:
    Readings(const std::string& section, const RootReader& read, const Settings& given)
        : section_(section), read_(read) {
        ask(given);
        for (std::size_t next = 0; next < all.size(); ++next) {
            expand(next);
        }
    }

    std::vector<Reading> all;
    std::vector<Expansion> choices;

  private:
    std::size_t ask(const Settings& settings) {
        all.push_back(read_under(section_, read_, settings));
        return all.size() - 1;
    }

    void expand(std::size_t index) {
        const Reading reading = all[index]; // `all` grows
        for (const KeyInfo& key : reading.keys) {
            if (key.choices.empty() || find_in(expanded_, key) != nullptr) {
                continue;
            }
            expanded_.push_back(key);
            Expansion expansion{key.path, {}};
            for (const std::string& word : key.choices) {
                expansion.readings.emplace_back(word, ask(with(reading.settings, key.path, word)));
            }
            choices.push_back(std::move(expansion));
        }
        for (const auto& form : reading.forms) {
            if (std::find(forms_.begin(), forms_.end(), form) == forms_.end()) {
                forms_.push_back(form);
                ask(with(reading.settings, form.first, form.second));
            }
        }
    }

    static Settings with(Settings settings, const std::string& key, const std::string& yaml) {
        settings.emplace_back(key, yaml);
        return settings;
    }

    const std::string& section_;
    const RootReader& read_;
    std::vector<KeyInfo> expanded_;
    Settings forms_;
};

/// Words of `expansion` whose readings have `key`, by the default that it has there, the first word's first.
std::vector<std::pair<std::string, std::vector<std::string>>>
words_by_default(const Expansion& expansion, const std::vector<Reading>& readings, const KeyInfo& key) {
    std::vector<std::pair<std::string, std::vector<std::string>>> groups;
    for (const auto& [word, index] : expansion.readings) {
        const KeyInfo* here = find_in(readings[index].keys, key);
        if (here == nullptr) {
            continue;
        }
        auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == here->usual; });
        if (group == groups.end()) {
            group = groups.insert(groups.end(), {here->usual, {}});
        }
        group->second.push_back(word);
    }
    return groups;
}

void add_conditions(KeyDescription& description, const Readings& readings) {
    for (const Expansion& expansion : readings.choices) {
        if (expansion.key == description.info.path) {
            continue;
        }
        Condition all{expansion.key, {}};
        const auto groups = words_by_default(expansion, readings.all, description.info);
        for (const auto& [usual, words] : groups) {
            all.words.insert(all.words.end(), words.begin(), words.end());
            if (groups.size() > 1 && usual != description.info.usual) {
                description.defaults.push_back({{expansion.key, words}, usual});
            }
        }
        if (all.words.empty()) { // then it is read beside another form or choice, found under a word of this one
            for (const auto& [key, word] : description.found) {
                if (key == expansion.key) {
                    all.words.push_back(word);
                }
            }
        }
        if (!all.words.empty() && all.words.size() < expansion.readings.size()) {
            description.when.push_back(std::move(all));
        }
    }
}

/// "views.0.size" -> "views[].size".
std::string without_indices(const std::string& path) {
    std::string text;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('.', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        const bool index =
            !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
        text += index ? "[]" : (text.empty() ? "" : ".") + part;
        begin = end + 1;
    }
    return text;
}

/// Behind the last key of that path, which another reader describes otherwise; else `usual`.
std::vector<KeyDescription>::iterator behind_its_path(std::vector<KeyDescription>& all,
                                                      std::vector<KeyDescription>::iterator usual,
                                                      const std::string& path) {
    const auto last =
        std::find_if(all.rbegin(), all.rend(), [&](const KeyDescription& d) { return d.info.path == path; });
    return last == all.rend() ? usual : last.base();
}

} // namespace

std::vector<KeyDescription> describe(const std::string& section, const RootReader& read, const Settings& given) {
    const Readings readings(section, read, given);
    std::vector<KeyDescription> all;
    const auto place_of = [&](const KeyInfo& key) {
        return std::find_if(all.begin(), all.end(), [&](const KeyDescription& d) { return same(d.info, key); });
    };
    for (const Reading& reading : readings.all) {
        auto after = all.begin(); // the place behind the key that was read before
        for (const KeyInfo& key : reading.keys) {
            auto place = place_of(key);
            if (place == all.end()) {
                place = all.insert(behind_its_path(all, after, key.path), {key, {}, {}, reading.settings, key.path});
                add_conditions(*place, readings);
            }
            after = place + 1;
        }
    }
    for (KeyDescription& description : all) {
        description.info.path = without_indices(description.info.path);
    }
    return all;
}

} // namespace tacit::config
