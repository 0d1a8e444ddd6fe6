// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/splits/split_names.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>

namespace tacit::shards {
namespace {

bool is(int (*kind)(int), char letter) {
    return kind(static_cast<unsigned char>(letter)) != 0;
}

/// Bytes outside of ASCII are parts of letters in UTF-8.
bool of_word(char letter) {
    return is(std::isalnum, letter) || static_cast<unsigned char>(letter) >= 0x80;
}

/// Whether a word may end between two letters or digits: at a digit, and before a capital that begins a word.
bool parts(char before, char behind) {
    return is(std::isdigit, before) != is(std::isdigit, behind) ||
           (is(std::islower, before) && is(std::isupper, behind));
}

/// What is left of a run of letters when one of these is taken from its beginning or end.
std::pair<std::size_t, std::size_t> without_affix(const std::string& run) {
    for (const std::string_view affix :
         {"images", "labels", "image", "label", "data", "imgs", "img", "set", "x", "y"}) {
        if (run.size() > affix.size() && run.starts_with(affix)) {
            return {affix.size(), run.size() - affix.size()};
        }
        if (run.size() > affix.size() && affix.size() > 1 && run.ends_with(affix)) {
            return {0, run.size() - affix.size()};
        }
    }
    return {0, run.size()};
}

std::optional<SplitWord> word_at(const std::string& name, std::size_t begin, std::size_t end) {
    const std::string run = lower_case(name.substr(begin, end - begin));
    const auto [first, size] = without_affix(run);
    for (const auto& [from, length] : {std::pair{std::size_t{0}, run.size()}, std::pair{first, size}}) {
        if (std::string split = split_of_word(run.substr(from, length)); !split.empty()) {
            return SplitWord{std::move(split), begin + from, length};
        }
    }
    return std::nullopt;
}

/// The words in the run of letters and digits [begin, end): the whole one, else its parts.
void add_words(const std::string& name, std::size_t begin, std::size_t end, std::vector<SplitWord>& words) {
    if (auto whole = word_at(name, begin, end)) {
        words.push_back(std::move(*whole));
        return;
    }
    for (std::size_t at = begin, from = begin; at < end; ++at) {
        if (at + 1 == end || parts(name[at], name[at + 1])) {
            if (auto word = word_at(name, from, at + 1)) {
                words.push_back(std::move(*word));
            }
            from = at + 1;
        }
    }
}

} // namespace

ToldSplit told_split(const std::string& text) {
    const std::size_t sign = std::min(text.find('='), text.size());
    ToldSplit told{text.substr(0, sign), text.substr(std::min(sign + 1, text.size()))};
    while (told.path.ends_with('/')) {
        told.path.pop_back();
    }
    const bool plain = std::all_of(told.split.begin(), told.split.end(), [](unsigned char letter) {
        return letter == '_' || (letter < 0x80 && std::isalnum(letter) != 0);
    });
    if (told.split.empty() || told.path.empty() || !plain) {
        throw ConfigError(
            fmt::format("--splits {}: takes auto, none, TABLE:COLUMN, or SPLIT=PATH of a folder, an archive "
                        "or a list of images for each split, as in --splits train=seg_train "
                        "test=seg_test",
                        one_line(text)));
    }
    return told;
}

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

std::string split_of_word(const std::string& word) {
    const auto* const found =
        std::find_if(kSplitSpellings.begin(), kSplitSpellings.end(),
                     [lower = lower_case(word)](const auto& known) { return known.word == lower; });
    return found == kSplitSpellings.end() ? std::string() : std::string(found->split);
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

std::optional<SplitWord> split_word(const std::string& name) {
    std::vector<SplitWord> words;
    for (std::size_t begin = 0; begin < name.size(); ++begin) {
        std::size_t end = begin;
        while (end < name.size() && of_word(name[end])) {
            ++end;
        }
        add_words(name, begin, end, words);
        begin = end;
    }
    const bool several =
        std::any_of(words.begin(), words.end(), [&](const auto& word) { return word.split != words.front().split; });
    return words.empty() || several ? std::nullopt : std::optional(words.front());
}

std::string of_all_splits(std::string name) {
    if (const auto word = split_word(name)) {
        name.replace(word->begin, word->size, "{split}");
    }
    return name;
}

std::string split_in_name(const std::string& path) {
    for (std::size_t end = path.size(); end != std::string::npos && end > 0;) {
        const std::size_t slash = path.rfind('/', end - 1);
        const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
        if (const auto word = split_word(path.substr(begin, end - begin))) {
            return word->split;
        }
        end = slash;
    }
    return {};
}

bool SplitOrder::operator()(const std::string& one, const std::string& other) const {
    const auto key = [](const std::string& split) {
        const auto* const known = std::find_if(kSplitSpellings.begin(), kSplitSpellings.end(),
                                               [&](const auto& spelling) { return spelling.split == split; });
        return std::tuple(known - kSplitSpellings.begin(), split);
    };
    return key(one) < key(other);
}

} // namespace tacit::shards
