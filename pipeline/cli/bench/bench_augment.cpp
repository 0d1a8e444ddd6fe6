// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/throughput.hpp"
#include "augment/simd.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/loader/recipe_config.hpp"
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
                        "recipe, repeatable; default: all built-in ones; not beside --config")(
        "size", po::value<std::int64_t>()->value_name("PIXELS")->default_value(32), "of a view; not beside --config")(
        "source", po::value<std::int64_t>()->value_name("PIXELS")->default_value(32), "of the generated source image")(
        "channels", po::value<std::int64_t>()->value_name("N")->default_value(3), "of the source image")(
        "data", po::value<std::string>()->value_name("PATH"), "take training images there as the sources")(
        "images", po::value<std::int64_t>()->value_name("N")->default_value(1),
        "so many of them, kept in memory")("emit", po::value<std::string>()->value_name("TYPE")->default_value("u8"),
                                           "what views are delivered as: u8, or planes normalised to f32 or bf16")(
        "threads", po::value<std::int64_t>()->value_name("N")->default_value(1), "that make views at once")(
        "seconds", po::value<double>()->value_name("S")->default_value(1),
        "of measuring, a recipe")("profile", po::bool_switch(), "measure again, and say where the time of a view goes")(
        "digest", po::bool_switch(),
        "SHA-256 of 200 samples at every SIMD level and by one to three threads: all equal");
    add_config_options(table, "YAML whose augmentation is timed instead of --recipe");
    add_json_option(table);
}

/// Source images with the storage that they view.
struct Sources {
    std::vector<std::vector<std::uint8_t>> pixels;
    std::vector<augment::ImageView> views;

    void add(std::vector<std::uint8_t> image, augment::ImageShape shape) {
        pixels.push_back(std::move(image));
        views.push_back({pixels.back().data(), shape});
    }
};

/// A smooth pattern: noise would make no difference to the operations' cost, but a picture is easier to trust.
Sources generated(int size, int channels) {
    const augment::ImageShape shape{size, size, channels};
    std::vector<std::uint8_t> pixels(shape.bytes());
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        pixels[i] = static_cast<std::uint8_t>((i * 7 + i / static_cast<std::size_t>(size) * 3) & 255U);
    }
    Sources sources;
    sources.add(std::move(pixels), shape);
    return sources;
}

Sources chosen_sources(const Call& call) {
    if (!call.given("data")) {
        return generated(static_cast<int>(call.integer_in("source", 1, 16384)),
                         static_cast<int>(call.integer_in("channels", 1, 64)));
    }
    const auto dataset = shards::Dataset::open(call.text("data"), "train");
    const std::int64_t images = std::min(call.integer_in("images", 1, 1000000), dataset.info().size);
    Sources sources;
    shards::SampleBuffer buffer;
    for (std::int64_t i = 0; i < images; ++i) {
        const augment::ImageView image = dataset.read(i, buffer);
        sources.add({image.data, image.data + image.shape.bytes()}, image.shape);
    }
    return sources;
}

/// The recipes named, or the config's, or all.
std::vector<augment::RecipeSpec> chosen_recipes(const Call& call, augment::ImageShape source) {
    const auto size = static_cast<int>(call.integer_in("size", 1, 4096));
    if (!call.given("config") && call.given("set")) {
        throw ConfigError("--set changes a value of --config, and there is none");
    }
    if (call.given("config")) {
        for (const char* other : {"recipe", "size"}) {
            if (call.given(other)) {
                throw ConfigError(fmt::format("--{} does not go with --config, which says it; use --set augment.{}=...",
                                              other, other));
            }
        }
        config::Document document = read_config(call);
        shards::DatasetInfo info;
        info.channels = source.channels;
        info.shape = source;
        const std::string pretext = models::read_pretext_name(document.root().section("pretext"));
        return {loader::read_recipe(document.root().section("augment"), models::default_recipe(pretext), info)};
    }
    std::vector<std::string> names = call.texts("recipe");
    if (names.empty()) {
        names = augment::preset_names();
        if (source.channels != 3) {
            names.erase(std::find(names.begin(), names.end(), "colorize"));
        }
    }
    std::vector<augment::RecipeSpec> recipes;
    recipes.reserve(names.size());
    for (const std::string& name : names) {
        recipes.push_back(augment::preset(name, size, source.channels));
    }
    return recipes;
}

augment::Delivery chosen_delivery(const Call& call) {
    const std::string type = call.text("emit");
    if (type != "u8" && type != "f32" && type != "bf16") {
        throw ConfigError(fmt::format("--emit {}: there are u8, f32 and bf16", type));
    }
    return type == "u8" ? augment::Delivery::u8 : type == "f32" ? augment::Delivery::f32 : augment::Delivery::bf16;
}

/// Adds each operation's microseconds a view to the answers.
void add_profile(const std::vector<augment::ProfileLine>& lines, nlohmann::ordered_json& result, std::string& text) {
    constexpr double kMicro = 1e6;
    double total = 0;
    for (const augment::ProfileLine& line : lines) {
        total += line.seconds;
        result["microseconds"][line.operation] = kMicro * line.seconds;
    }
    for (const augment::ProfileLine& line : lines) {
        text += fmt::format("  {:<22} {:>9.2f} us a view {:>5.1f} %\n", line.operation, kMicro * line.seconds,
                            100 * line.seconds / total);
    }
}

/// The SHA-256 of 200 samples. Throws std::logic_error unless it is the same at every SIMD level and for one to three
/// threads.
std::string one_digest(const augment::Recipe& recipe, const Sources& sources) {
    constexpr int kSamples = 200;
    const augment::SimdLevel best = augment::simd_level();
    std::string digest;
    for (const auto level : {augment::SimdLevel::scalar, augment::SimdLevel::avx2, augment::SimdLevel::avx512}) {
        augment::limit_simd(std::min(level, best));
        for (const int threads : {1, 2, 3}) {
            const std::string made = augment::views_digest(recipe, sources.views, kSamples, threads);
            if (!digest.empty() && made != digest) {
                throw std::logic_error(fmt::format("recipe '{}' makes other bytes at SIMD level {} by {} threads",
                                                   recipe.spec().name, static_cast<int>(level), threads));
            }
            digest = made;
        }
    }
    return digest;
}

ExitCode run_bench_augment(const Call& call) {
    const Sources sources = chosen_sources(call);
    const augment::ImageShape source = sources.views.front().shape;
    const double seconds = call.number_in("seconds", 0.01, 600);
    const augment::Delivery delivery = chosen_delivery(call);
    const auto threads = static_cast<int>(call.integer_in("threads", 1, 1024));
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    std::string text = fmt::format("{:<18} {:>16}  ({} thread{}, {} image{}, the first of {} x {} x {})\n", "recipe",
                                   "views/s", threads, threads == 1 ? "" : "s", sources.views.size(),
                                   sources.views.size() == 1 ? "" : "s", source.height, source.width, source.channels);
    for (const augment::RecipeSpec& spec : chosen_recipes(call, source)) {
        const augment::Recipe recipe(spec, source.channels);
        const double rate = augment::views_per_second(recipe, sources.views, seconds, delivery, threads);
        results.push_back({{"recipe", spec.name},
                           {"size", recipe.output().height},
                           {"views_per_second", rate},
                           {"views", recipe.views()}});
        text += fmt::format("{:<18} {:>16.0f}\n", spec.name, rate);
        if (call.flag("digest")) {
            results.back()["sha256"] = one_digest(recipe, sources);
            text += fmt::format("  {}\n", results.back()["sha256"].get<std::string>());
        }
        if (call.flag("profile")) {
            add_profile(augment::profile_recipe(recipe, sources.views, seconds), results.back(), text);
        }
    }
    const nlohmann::ordered_json json = {{"threads", threads},
                                         {"images", sources.views.size()},
                                         {"source_height", source.height},
                                         {"source_width", source.width},
                                         {"channels", source.channels},
                                         {"emit", call.text("emit")},
                                         {"results", results}};
    call.answer(call.json() ? json_text(json, 2) : text);
    return ExitCode::done;
}

} // namespace

Command bench_augment_command() {
    return {"bench augment", "[options]", "time the augmentation recipes", "",
            Ranks::one,      {},          bench_augment_options,           run_bench_augment};
}

} // namespace tacit::cli
