// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/cli/help/config_help.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tacit::cli {
namespace {

using config::KeyDescription;
using Keys = std::vector<KeyDescription>;

/// "optim.name: sgd, lars".
std::string text_of(const config::Condition& condition) {
    return fmt::format("{}: {}", condition.key, fmt::join(condition.words, ", "));
}

bool is_mapping(const KeyDescription& key) {
    return key.info.values.empty();
}

bool is_list_of_mappings(const KeyDescription& key) {
    return key.info.values == "list of mappings";
}

std::string values_of(const KeyDescription& key) {
    if (is_mapping(key)) {
        return "mapping";
    }
    const std::string values =
        key.info.choices.empty() ? key.info.values : fmt::format("{}", fmt::join(key.info.choices, " | "));
    return key.info.unit.empty() ? values : values + "; " + key.info.unit;
}

std::string default_of(const KeyDescription& key) {
    std::string text = key.info.usual;
    for (const auto& [condition, usual] : key.defaults) {
        text += fmt::format("; {} with {}", usual, text_of(condition));
    }
    return text;
}

std::string when_of(const KeyDescription& key) {
    std::string text;
    for (const config::Condition& condition : key.when) {
        text += fmt::format("{}{}", text.empty() ? "only with " : ", ", text_of(condition));
    }
    return text;
}

Keys keys_of_all_sections() {
    Keys all;
    for (const ConfigSection& section : config_sections()) {
        const Keys keys = describe_section(section);
        all.insert(all.end(), keys.begin(), keys.end());
    }
    return all;
}

bool lies_below(const std::string& path, const std::string& topic) {
    return path == topic || path.starts_with(topic + ".") || path.starts_with(topic + "[]");
}

std::string overview(const Keys& all) {
    std::string text = "A config is YAML of these sections; `tacit help config SECTION` shows the keys of one of them, "
                       "`tacit help config SECTION.KEY`\none key. `tacit pretrain CONFIG --print-config` shows what a "
                       "config makes of them.\n\n";
    for (const ConfigSection& section : config_sections()) {
        const auto about = std::find_if(all.begin(), all.end(),
                                        [&](const KeyDescription& key) { return key.info.path == section.name; });
        text += fmt::format("  {:<11} {}\n", section.name, about == all.end() ? "" : about->info.meaning);
    }
    return text;
}

std::string entry(const KeyDescription& key) {
    if (is_mapping(key)) {
        return fmt::format("{}: {}\n", key.info.path, key.info.meaning);
    }
    std::string text = fmt::format("  {}: {}; default: {}\n      {}\n", key.info.path, values_of(key), default_of(key),
                                   key.info.meaning);
    if (!key.when.empty()) {
        text += fmt::format("      {}\n", when_of(key));
    }
    return text;
}

/// A key in the table of the mapping that it belongs to.
struct Row {
    std::string table; ///< the mapping's path
    std::string name;
    const KeyDescription* key;
};

/// The longest mapping, or list of mappings, that `path` lies in.
std::string table_of(const std::string& path, const Keys& all) {
    std::string longest;
    for (const KeyDescription& key : all) {
        const std::string candidate = key.info.path + (is_list_of_mappings(key) ? "[]" : "");
        if ((is_mapping(key) || is_list_of_mappings(key)) && candidate.size() > longest.size() &&
            path.starts_with(candidate + ".")) {
            longest = candidate;
        }
    }
    return longest;
}

std::vector<Row> rows_of(const Keys& all) {
    std::vector<Row> rows;
    for (const KeyDescription& key : all) {
        const bool other_form =
            is_mapping(key) && std::any_of(all.begin(), all.end(), [&](const KeyDescription& other) {
                return other.info.path == key.info.path && !is_mapping(other);
            });
        const std::string table = table_of(key.info.path, all);
        if (!table.empty() && !other_form) {
            rows.push_back({table, key.info.path.substr(table.size() + 1), &key});
        }
    }
    return rows;
}

std::string last_word(const std::string& name) {
    return name.substr(name.rfind('.') + 1);
}

/// Whether two rows differ in the mapping alone that they belong to ("resize.size" and "center_crop.size").
bool alike(const Row& a, const Row& b) {
    return last_word(a.name) == last_word(b.name) && a.key->info.meaning == b.key->info.meaning &&
           values_of(*a.key) == values_of(*b.key) && default_of(*a.key) == default_of(*b.key) &&
           when_of(*a.key) == when_of(*b.key);
}

/// "`resize.size`, `center_crop.size`"; of many, "`*.size`".
std::string names_of(const std::vector<Row>& rows) {
    constexpr std::size_t kFew = 8;
    if (rows.size() > kFew) {
        return fmt::format("`*.{}`", last_word(rows.front().name));
    }
    std::string text;
    for (const Row& row : rows) {
        text += fmt::format("{}`{}`", text.empty() ? "" : ", ", row.name);
    }
    return text;
}

std::string cell(std::string text) {
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
        text.replace(at, 1, "\\|");
    }
    return text;
}

std::string line(const std::vector<Row>& rows, bool also_mapping) {
    const KeyDescription& key = *rows.front().key;
    const std::string when = when_of(key);
    return fmt::format("| {} | {}{} | {}{} | {} |\n", names_of(rows), cell(key.info.meaning),
                       when.empty() ? "" : "; " + when, cell(values_of(key)),
                       also_mapping ? ", or a mapping (below)" : "", cell(default_of(key)));
}

std::string table(const KeyDescription& head, std::vector<Row> rows, const Keys& all) {
    const std::string path = head.info.path + (is_list_of_mappings(head) ? "[]" : "");
    std::erase_if(rows, [&](const Row& row) { return row.table != path; });
    std::string text = fmt::format("\n## {}\n\n{}.\n\n| key | meaning | value | default |\n|---|---|---|---|\n", path,
                                   head.info.meaning);
    while (!rows.empty()) {
        const Row first = rows.front();
        std::vector<Row> same;
        std::copy_if(rows.begin(), rows.end(), std::back_inserter(same),
                     [&](const Row& row) { return alike(first, row); });
        std::erase_if(rows, [&](const Row& row) { return alike(first, row); });
        const bool also_mapping =
            !is_mapping(*first.key) && std::any_of(all.begin(), all.end(), [&](const KeyDescription& other) {
                return other.info.path == first.key->info.path && is_mapping(other);
            });
        text += line(same, also_mapping);
    }
    return text;
}

} // namespace

std::string config_help(const std::string& topic) {
    const Keys all = keys_of_all_sections();
    if (topic.empty()) {
        return overview(all);
    }
    std::string text;
    std::vector<std::string> known;
    for (const KeyDescription& key : all) {
        known.push_back(key.info.path);
        if (lies_below(key.info.path, topic)) {
            text += entry(key);
        }
    }
    if (text.empty()) {
        const std::string nearest = nearest_word(topic, known);
        throw ConfigError(fmt::format("no section or key is called '{}'{}; `tacit help config` lists the sections",
                                      one_line(topic), nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
    }
    return text;
}

std::string config_page() {
    const Keys all = keys_of_all_sections();
    const std::vector<Row> rows = rows_of(all);
    std::string text =
        "# Config\n\nEvery key of a config, as those who read it describe it: `tacit help config [SECTION]` "
        "says the same. This page is made by\n`tacit help config --markdown`; a test holds it to that.\n";
    for (const KeyDescription& key : all) {
        if (is_mapping(key) || is_list_of_mappings(key)) {
            text += table(key, rows, all);
        }
    }
    return text;
}

} // namespace tacit::cli
