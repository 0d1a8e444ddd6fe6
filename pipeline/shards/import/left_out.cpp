// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/left_out.hpp"

#include "pipeline/base/utf8.hpp"
#include "pipeline/base/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards {
namespace {

constexpr std::size_t kShown = 3;

void keep_first(std::vector<std::string>& first, const std::string& name) {
    if (first.size() == kShown && name >= first.back()) {
        return;
    }
    first.insert(std::upper_bound(first.begin(), first.end(), name), name);
    first.resize(std::min(first.size(), kShown));
}

} // namespace

LeftOut& LeftOutList::kind(std::string_view what, std::string_view remedy) {
    const auto known = std::find_if(kinds_.begin(), kinds_.end(), [&](const LeftOut& one) { return one.what == what; });
    if (known != kinds_.end()) {
        return *known;
    }
    kinds_.push_back({std::string(what), 0, {}, std::string(remedy)});
    return kinds_.back();
}

void LeftOutList::add(std::string_view what, const std::string& name, std::string_view remedy) {
    LeftOut& one = kind(what, remedy);
    ++one.count;
    keep_first(one.first, name);
}

void LeftOutList::add(const LeftOutList& other) {
    for (const LeftOut& more : other.kinds_) {
        LeftOut& one = kind(more.what, more.remedy);
        one.count += more.count;
        for (const std::string& name : more.first) {
            keep_first(one.first, name);
        }
    }
}

std::string first_few(const std::vector<std::string>& names, std::size_t count) {
    std::string text;
    const std::size_t shown = std::min(names.size(), kShown);
    for (std::size_t i = 0; i < shown; ++i) {
        text += (i == 0 ? "" : ", ") + one_line(utf8_of(names[i]));
    }
    return count > shown ? fmt::format("{} and {} more", text, count - shown) : text;
}

std::string text_of(const LeftOut& left_out) {
    std::string text = fmt::format("{} ({})", left_out.what, left_out.count);
    if (!left_out.first.empty()) {
        text += ": " + first_few(left_out.first, static_cast<std::size_t>(left_out.count));
    }
    return left_out.remedy.empty() ? text : text + "; " + left_out.remedy;
}

} // namespace tacit::shards
