// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/config/section.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace tacit::config {
namespace {

/// Reads whatever is there as whatever type, as a hostile schema would.
void read_wildly(const Section& section, int depth) {
    for (const std::string& key : section.keys()) {
        try {
            section.number(Key::of(key, "of a test"), 0);
        } catch (const ConfigError&) {
            try {
                section.texts(Key::of(key, "of a test"), {});
            } catch (const ConfigError&) {
                if (depth < 40) {
                    read_wildly(section.section(key), depth + 1);
                }
            }
        }
    }
}

/// Bytes that are never more than a ConfigError: no crash, no other exception.
void feed(const std::string& bytes) {
    try {
        Document config = Document::from_text(bytes, "c.yaml");
        read_wildly(config.root(), 0);
        config.finish();
        Document::from_text(config.resolved_yaml(), "c.yaml");
    } catch (const ConfigError& error) {
        ASSERT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
}

TEST(HostileDocument, RandomBytesAreAConfigErrorAtWorst) {
    std::mt19937 random(7);
    std::uniform_int_distribution<int> byte(0, 255);
    std::uniform_int_distribution<int> length(0, 200);
    for (int round = 0; round < 5000; ++round) {
        std::string bytes;
        for (int i = length(random); i > 0; --i) {
            bytes += static_cast<char>(byte(random));
        }
        feed(bytes);
    }
}

TEST(HostileDocument, RandomYamlIsAConfigErrorAtWorst) {
    const std::vector<std::string> pieces = {
        "a", "b", ": ", "- ", "[", "]", "{", "}",   ",",   "\n", "\n  ", "&x ", "*x", "!t", "'",    "\"",
        "|", ">", "? ", "#",  "%", "@", "1", "...", "---", "~",  "\t",   "<<:", "\\", "\r", "\xff", "\xc3\xa9"};
    std::mt19937 random(11);
    std::uniform_int_distribution<std::size_t> piece(0, pieces.size() - 1);
    std::uniform_int_distribution<int> length(1, 30);
    for (int round = 0; round < 20000; ++round) {
        std::string bytes;
        for (int i = length(random); i > 0; --i) {
            bytes += pieces[piece(random)];
        }
        feed(bytes);
    }
}

} // namespace
} // namespace tacit::config
