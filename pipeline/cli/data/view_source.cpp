// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/data/view_source.hpp"

#include "models/pretext/pretext.hpp"
#include "pipeline/cli/data/data_options.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/train/train_config.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>

#include <chrono>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

config::Document view_document(const Call& call) {
    if (!call.given("config") && !call.given("path")) {
        throw ConfigError("no data set is named: give PATH, or --config FILE");
    }
    config::Document document = read_config_or_none(call);
    override_data(call, document);
    if (call.given("split")) {
        document.set_text("data.train", call.text("split"));
    }
    if (call.given("recipe")) {
        document.set_text("augment.recipe", call.text("recipe"));
    }
    if (call.given("size")) {
        document.set(fmt::format("augment.size={}", call.integer("size")));
    }
    return document;
}

} // namespace

void add_view_options(OptionTable& table) {
    table.add_options()("path", po::value<std::string>()->value_name("PATH"),
                        "folder of shards or HDF5 file; or give --config")(
        "recipe", po::value<std::string>()->value_name("NAME"), "recipe; default: the config's, else simclr")(
        "size", po::value<std::int64_t>()->value_name("PIXELS"), "of a view; default: the config's, else the images'")(
        "split", po::value<std::string>()->value_name("NAME"), "split; default: the config's training split");
    add_data_options(table);
    add_config_options(table, "YAML that says data set and augmentation; default: PATH and the options above");
}

ViewSource open_views(const Call& call) {
    config::Document document = view_document(call);
    const config::Section root = document.root();
    loader::DataConfig data = loader::read_data(root.section("data"));
    const auto begin = std::chrono::steady_clock::now();
    auto dataset = shards::Dataset::open(data.source, data.train);
    const std::chrono::duration<double> opening = std::chrono::steady_clock::now() - begin;
    const std::string pretext = models::read_pretext_name(root.section("pretext"));
    augment::Recipe recipe(
        loader::read_recipe(root.section("augment"), models::default_recipe(pretext), dataset.info()),
        dataset.info().channels);
    const std::uint64_t seed = train::read_train(root.section("train")).seed;
    return {std::move(data), std::move(dataset), std::move(recipe), seed, opening.count()};
}

} // namespace tacit::cli
