// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/data_options.hpp"

#include "pipeline/base/words.hpp"
#include "pipeline/shards/axes.hpp"
#include "pipeline/shards/sample_axis.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

std::string text_or_nothing(const Call& call, const std::string& option) {
    return call.given(option) ? call.text(option) : std::string();
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
            range[0] < range[1])
            return range;
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
        "folder that links may lead into; repeatable; default: the file's own");
}

shards::DataSpec data_spec(const Call& call, const std::string& purpose) {
    shards::DataSpec spec;
    spec.path = call.required_text("path", purpose);
    spec.images = text_or_nothing(call, "images");
    spec.labels = text_or_nothing(call, "labels");
    spec.axes = text_or_nothing(call, "axes");
    spec.roots = call.texts("roots");
    if (call.given("range"))
        spec.range = range_of(call.text("range"));
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
    if (call.given("path"))
        document.set_text("data.path", call.text("path"));
    for (const char* key : {"images", "labels", "axes"})
        if (call.given(key))
            document.set_text(fmt::format("data.{}", key), call.text(key));
    if (call.given("range"))
        document.set(fmt::format("data.range=[{}]", fmt::join(range_of(call.text("range")), ", ")));
    std::vector<std::string> roots;
    for (const std::string& root : call.texts("roots"))
        roots.push_back(quoted(root));
    if (!roots.empty())
        document.set(fmt::format("data.roots=[{}]", fmt::join(roots, ", ")));
}

} // namespace tacit::cli
