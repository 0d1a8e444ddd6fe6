// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/split_names.hpp"

#include <algorithm>
#include <cctype>
#include <map>

namespace tacit::shards {

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

std::string split_of_word(const std::string& word) {
    static const std::map<std::string, std::string> kSplits = {
        {"train", "train"}, {"training", "train"}, {"test", "test"},      {"testing", "test"},
        {"val", "val"},     {"valid", "val"},      {"validation", "val"}, {"t10k", "test"},
    };
    const auto found = kSplits.find(lower_case(word));
    return found == kSplits.end() ? std::string() : found->second;
}

std::vector<std::string> words_of(const std::string& name) {
    std::vector<std::string> words;
    std::string word;
    for (const char letter : lower_case(name) + "/") {
        if (letter != '_' && letter != '-' && letter != '.' && letter != '/') {
            word += letter;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    return words;
}

std::string split_in_name(const std::string& name) {
    for (const std::string& word : words_of(name)) {
        if (std::string split = split_of_word(word); !split.empty()) {
            return split;
        }
    }
    return {};
}

std::vector<std::string> in_split_order(const std::vector<std::string>& splits) {
    std::vector<std::string> sorted;
    for (const char* name : {"train", "val", "test", "unlabeled"}) {
        if (std::find(splits.begin(), splits.end(), name) != splits.end()) {
            sorted.emplace_back(name);
        }
    }
    return sorted;
}

} // namespace tacit::shards
