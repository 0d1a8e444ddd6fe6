// SPDX-License-Identifier: Apache-2.0
#include "augment/throughput.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/dataset.hpp"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void bench_augment_options(OptionTable& table) {
    table.add_options()("recipe", po::value<std::vector<std::string>>()->value_name("NAME"),
                        "recipe, repeatable; default: all built-in ones")(
        "size", po::value<std::int64_t>()->value_name("PIXELS")->default_value(32), "of a view")(
        "source", po::value<std::int64_t>()->value_name("PIXELS")->default_value(32), "of the generated source image")(
        "channels", po::value<std::int64_t>()->value_name("N")->default_value(3), "of the source image")(
        "data", po::value<std::string>()->value_name("PATH"), "take the first training image there as the source")(
        "seconds", po::value<double>()->value_name("S")->default_value(1),
        "of measuring, a recipe")("profile", po::bool_switch(), "measure again, and say where the time of a view goes");
    add_json_option(table);
}

/// A source image with the storage that it views.
struct Source {
    augment::ImageView view;
    shards::SampleBuffer buffer;
};

/// A smooth pattern: noise would make no difference to the operations' cost, but a picture is easier to trust.
Source generated(int size, int channels) {
    Source source;
    const augment::ImageShape shape{size, size, channels};
    source.buffer.pixels.resize(shape.bytes());
    for (std::size_t i = 0; i < source.buffer.pixels.size(); ++i)
        source.buffer.pixels[i] = static_cast<std::uint8_t>((i * 7 + i / static_cast<std::size_t>(size) * 3) & 255U);
    source.view = {source.buffer.pixels.data(), shape};
    return source;
}

Source chosen_source(const Call& call) {
    if (!call.given("data"))
        return generated(static_cast<int>(call.integer_in("source", 1, 16384)),
                         static_cast<int>(call.integer_in("channels", 1, 64)));
    const auto dataset = shards::Dataset::open(call.text("data"), "train");
    Source source;
    source.view = dataset.read(0, source.buffer);
    return source;
}

/// Adds each operation's microseconds a view to the answers.
void add_profile(const std::vector<augment::ProfileLine>& lines, nlohmann::ordered_json& result, std::string& text) {
    constexpr double kMicro = 1e6;
    double total = 0;
    for (const augment::ProfileLine& line : lines) {
        total += line.seconds;
        result["microseconds"][line.operation] = kMicro * line.seconds;
    }
    for (const augment::ProfileLine& line : lines)
        text += fmt::format("  {:<22} {:>9.2f} us a view {:>5.1f} %\n", line.operation, kMicro * line.seconds,
                            100 * line.seconds / total);
}

ExitCode run_bench_augment(const Call& call) {
    const Source source = chosen_source(call);
    const auto size = static_cast<int>(call.integer_in("size", 1, 4096));
    const double seconds = call.number_in("seconds", 0.01, 600);
    std::vector<std::string> names = call.texts("recipe");
    if (names.empty()) {
        names = augment::preset_names();
        if (source.view.shape.channels != 3)
            names.erase(std::find(names.begin(), names.end(), "colorize"));
    }
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    std::string text =
        fmt::format("{:<18} {:>16}  (one thread, {} x {} x {} to {} x {})\n", "recipe", "views/s",
                    source.view.shape.height, source.view.shape.width, source.view.shape.channels, size, size);
    for (const std::string& name : names) {
        const augment::Recipe recipe(augment::preset(name, size, source.view.shape.channels),
                                     source.view.shape.channels);
        const double rate = augment::views_per_second(recipe, source.view, seconds);
        results.push_back({{"recipe", name}, {"views_per_second", rate}, {"views", recipe.views()}});
        text += fmt::format("{:<18} {:>16.0f}\n", name, rate);
        if (call.flag("profile"))
            add_profile(augment::profile_recipe(recipe, source.view, seconds), results.back(), text);
    }
    const nlohmann::ordered_json json = {{"threads", 1},
                                         {"source_height", source.view.shape.height},
                                         {"source_width", source.view.shape.width},
                                         {"channels", source.view.shape.channels},
                                         {"size", size},
                                         {"results", results}};
    call.answer(call.json() ? json.dump(2) : text);
    return ExitCode::done;
}

} // namespace

Command bench_augment_command() {
    return {"bench augment",       "[options]",      "time the augmentation recipes on one thread", "", Ranks::one, {},
            bench_augment_options, run_bench_augment};
}

} // namespace tacit::cli
