// SPDX-License-Identifier: Apache-2.0
// `tacit help config` against the readers, the shipped configs and the config that a run keeps.
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/cli/command.hpp"
#include "pipeline/cli/help/config_help.hpp"
#include "pipeline/cli/help/metric_pages.hpp"
#include "tests/eval/tiny_run.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

namespace tacit::cli {
namespace {

std::set<std::string> described_paths() {
    std::set<std::string> paths;
    for (const ConfigSection& section : config_sections()) {
        for (const config::KeyDescription& key : describe_section(section)) {
            paths.insert(key.info.path);
        }
    }
    return paths;
}

/// The path under which a key is described: entries of lists are [], parameters of a recipe's operations are those of
/// any operation, splits with a share have names of their own.
std::string described_as(const std::string& path) {
    const auto replaced = [&](const std::string& begin, const std::string& instead) {
        return path.starts_with(begin) ? instead + path.substr(begin.size()) : std::string();
    };
    if (path.starts_with("data.split_shares.")) {
        return "data.split_shares.SPLIT";
    }
    const std::string overridden = replaced("augment.overrides.", "augment.views[].operations[].");
    return overridden.empty() ? path : overridden;
}

/// Paths of all values below a section that is a mapping of values and mappings.
void collect_paths(const config::Section& section, const std::string& path, std::vector<std::string>& paths) {
    for (const std::string& key : section.keys()) {
        const std::string full = path.empty() ? key : path + "." + key;
        if (section.is_mapping(key)) {
            collect_paths(section.section(key), full, paths);
        } else {
            paths.push_back(full);
        }
    }
}

void expect_described(const std::string& file) {
    static const std::set<std::string> known = described_paths();
    config::Document document = config::Document::from_file(file);
    std::vector<std::string> paths;
    collect_paths(document.root(), "", paths);
    ASSERT_FALSE(paths.empty()) << file;
    for (const std::string& path : paths) {
        EXPECT_TRUE(known.contains(described_as(path))) << file << ": " << path;
    }
}

/// What the readers of `section` say to these settings; "" if they take them.
std::string refusal_of(const ConfigSection& section, const config::Settings& settings) {
    config::Document document = config::Document::from_text("", "test.yaml");
    for (const auto& [key, yaml] : settings) {
        document.set(key + "=" + yaml);
    }
    try {
        section.read(document.root());
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

using ConfigHelp = eval::TinyRunTest;

TEST_F(ConfigHelp, NamesEveryKeyThatAShippedConfigSets) {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(TACIT_FIXTURES "/../../../configs")) {
        if (entry.path().extension() == ".yaml") {
            expect_described(entry.path());
            ++files;
        }
    }
    EXPECT_GT(files, 10);
}

TEST_F(ConfigHelp, NamesEveryKeyThatARunReads) {
    train();
    expect_described(run() + "/config.yaml");
}

TEST_F(ConfigHelp, EveryWordOfAChoiceIsTakenByItsReader) {
    int words = 0;
    for (const ConfigSection& section : config_sections()) {
        for (const config::KeyDescription& key : describe_section(section)) {
            for (const std::string& word : key.info.choices) {
                config::Settings settings = key.found;
                settings.emplace_back(key.path_read, word);
                const std::string message = refusal_of(section, settings);
                EXPECT_EQ(message.find("unknown"), std::string::npos) << message;
                ++words;
            }
        }
    }
    EXPECT_GT(words, 100);
}

TEST_F(ConfigHelp, MeaningsArePhrases) {
    for (const ConfigSection& section : config_sections()) {
        const auto keys = describe_section(section);
        ASSERT_FALSE(keys.empty()) << section.name;
        EXPECT_EQ(keys.front().info.path, section.name) << "a section begins with what it is about";
        for (const config::KeyDescription& key : keys) {
            EXPECT_FALSE(key.info.meaning.empty() || key.info.meaning.ends_with('.')) << key.info.path;
        }
    }
}

TEST_F(ConfigHelp, ShowsOneSectionOrOneKey) {
    const std::string optim = config_help("optim");
    EXPECT_TRUE(optim.starts_with("optim: how parameters follow their gradients\n")) << optim;
    EXPECT_NE(optim.find("  optim.name: adam | adamw | lamb | lars | sgd; default: sgd\n"), std::string::npos) << optim;
    EXPECT_NE(optim.find("      only with optim.name: lars\n"), std::string::npos) << optim;
    EXPECT_EQ(optim.find("train.epochs"), std::string::npos);
    EXPECT_EQ(config_help("train.epochs"),
              "  train.epochs: integer in [1, 1000000]; epochs; default: 20\n      passes over the training split\n");
    EXPECT_NE(message_of<ConfigError>([] { config_help("train.epoch"); }).find("did you mean 'train.epochs'?"),
              std::string::npos);
}

TEST_F(ConfigHelp, MetricsOfEveryPretextSayWhatIsHealthy) {
    const std::string help = metrics_help();
    EXPECT_NE(help.find("  spread\n      standard deviation of the unit projections over the batch, times the root of "
                        "their dimensions\n      healthy: about 1: they cover the sphere; towards 0 all images get one "
                        "projection (collapse)\n"),
              std::string::npos)
        << help;
    for (const char* part : {"\nbyol\n", "\nrotnet\n", "  grad_norm\n", "  linear: accuracy, %, higher is better\n"}) {
        EXPECT_NE(help.find(part), std::string::npos) << part << help;
    }
}

TEST_F(ConfigHelp, NamesEveryMetricThatARunLogs) {
    train();
    const std::string help = metrics_help();
    std::istringstream lines(read_file(run() + "/metrics.jsonl", std::size_t{1} << 20));
    std::string line;
    int names = 0;
    while (std::getline(lines, line)) {
        const nlohmann::json values = nlohmann::json::parse(line);
        for (const auto& item : values.items()) {
            EXPECT_TRUE(help.find("  " + item.key() + "\n") != std::string::npos ||
                        help.find("  " + item.key() + "; ") != std::string::npos)
                << item.key();
            ++names;
        }
    }
    EXPECT_GE(names, 8);
}

} // namespace
} // namespace tacit::cli
