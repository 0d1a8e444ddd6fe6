// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/data/data_options.hpp"

#include "pipeline/base/words.hpp"
#include "pipeline/shards/read/axes.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

std::string text_or_nothing(const Call& call, const std::string& option) {
    return call.given(option) ? call.text(option) : std::string();
}

bool plain_word(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter == '_' || letter == '-';
    });
}

std::vector<shards::SplitShare> split_shares(const Call& call) {
    std::vector<shards::SplitShare> shares;
    double total = 0;
    for (const std::string& text : call.texts("split-share")) {
        const std::size_t sign = text.find('=');
        double share = 0;
        const char* end = text.data() + text.size();
        if (sign == std::string::npos || !plain_word(text.substr(0, sign)) ||
            std::from_chars(text.data() + sign + 1, end, share).ptr != end || !(share > 0 && share <= 1)) {
            throw ConfigError(
                fmt::format("--split-share {}: a name and a share in (0, 1], as in train=0.8", one_line(text)));
        }
        shares.push_back({text.substr(0, sign), share});
        total += share;
    }
    constexpr double kRounding = 1e-9;
    if (total > 1 + kRounding) {
        throw ConfigError(fmt::format("--split-share: the shares make {}, which is more than 1", total));
    }
    if (!shares.empty() && call.given("split-by")) {
        throw ConfigError("--split-by does not go with --split-share; choose one");
    }
    return shares;
}

std::int64_t split_seed(const Call& call) {
    return call.integer_in("split-seed", 0, std::int64_t{1} << 62);
}

/// A YAML string in single quotes.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? "''" : std::string(1, c);
    }
    return out + "'";
}

} // namespace

std::vector<double> range_of(const std::string& text) {
    const std::size_t colon = text.find(':');
    std::vector<double> range(2);
    try {
        std::size_t low = 0;
        std::size_t high = 0;
        range[0] = std::stod(text.substr(0, colon), &low);
        range[1] = std::stod(text.substr(colon == std::string::npos ? text.size() : colon + 1), &high);
        if (low == colon && low + 1 + high == text.size() && std::isfinite(range[0]) && std::isfinite(range[1]) &&
            range[0] < range[1]) {
            return range;
        }
    } catch (const std::exception&) { // No numbers at all: the same message.
        range.clear();
    }
    throw ConfigError(
        fmt::format("--range {}: two numbers, the lower one first, as in --range 0:1 or --range=-1:1", one_line(text)));
}

void add_data_options(OptionTable& table) {
    table.add_options()("images", po::value<std::string>()->value_name("NAME"),
                        "data set or group of images; default: by usual names")(
        "labels", po::value<std::string>()->value_name("WHERE"),
        "DATASET, FILE:DATASET, FILE.csv:COLUMN, @ATTRIBUTE, group or none; default: by usual names")(
        "axes", po::value<std::string>()->value_name("ORDER"),
        "what the dimensions of the images are, such as NCHW; default: by shape")(
        "range", po::value<std::string>()->value_name("LO:HI"),
        "stored numbers that mean black and white; default: all that whole numbers of the type can be")(
        "roots", po::value<std::vector<std::string>>()->value_name("FOLDER"),
        "folder that links may lead into; repeatable; default: the file's own")(
        "split-by", po::value<std::string>()->value_name("WHERE"),
        "what names each image's split; written as --labels")(
        "split-share", po::value<std::vector<std::string>>()->value_name("NAME=SHARE"),
        "split drawn by a key, such as train=0.8; repeatable")(
        "split-seed", po::value<std::int64_t>()->value_name("N")->default_value(1), "of that draw");
}

shards::DataSpec data_spec(const Call& call, const std::string& purpose) {
    shards::DataSpec spec;
    spec.path = call.required_text("path", purpose);
    spec.images = text_or_nothing(call, "images");
    spec.labels = text_or_nothing(call, "labels");
    spec.axes = text_or_nothing(call, "axes");
    spec.roots = call.texts("roots");
    spec.split_by = text_or_nothing(call, "split-by");
    spec.split_shares = split_shares(call);
    spec.split_seed = static_cast<std::uint64_t>(split_seed(call));
    if (call.given("range")) {
        spec.range = range_of(call.text("range"));
    }
    if (!spec.axes.empty()) {
        try {
            shards::Axes{shards::with_sample_axis(spec.axes)};
        } catch (const ConfigError& error) {
            throw ConfigError(fmt::format("--axes: {}", error.what()));
        }
    }
    return spec;
}

void override_data(const Call& call, config::Document& document) {
    if (call.given("path")) {
        document.set_text("data.path", call.text("path"));
    }
    for (const char* key : {"images", "labels", "axes"}) {
        if (call.given(key)) {
            document.set_text(fmt::format("data.{}", key), call.text(key));
        }
    }
    if (call.given("split-by")) {
        document.set_text("data.split_by", call.text("split-by"));
    }
    for (const shards::SplitShare& share : split_shares(call)) {
        document.set(fmt::format("data.split_shares.{}={}", share.split, share.share));
    }
    if (!call.values["split-seed"].defaulted()) {
        document.set(fmt::format("data.split_seed={}", split_seed(call)));
    }
    if (call.given("range")) {
        document.set(fmt::format("data.range=[{}]", fmt::join(range_of(call.text("range")), ", ")));
    }
    std::vector<std::string> roots;
    for (const std::string& root : call.texts("roots")) {
        roots.push_back(quoted(root));
    }
    if (!roots.empty()) {
        document.set(fmt::format("data.roots=[{}]", fmt::join(roots, ", ")));
    }
}

} // namespace tacit::cli
