// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/help/config_help.hpp"

#include "eval/eval_config.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/loader/data_config.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/train/optim/config.hpp"
#include "pipeline/train/train_config.hpp"

namespace tacit::cli {
namespace {

/// Images that every backbone and recipe takes.
constexpr augment::ImageShape kShape{224, 224, 3};

void read_augment(const config::Section& root) {
    shards::DatasetInfo info;
    info.shape = kShape;
    info.channels = kShape.channels;
    loader::read_recipe(root.section("augment"), "simclr", info);
}

/// The networks are large; they are read and not built.
void read_model(const config::Section& root) {
    const auto self = dist::make_self_communicator();
    models::read_backbone(root.section("model"), kShape, *self);
}

/// Pretexts read while they are built, around a network that is small.
void read_pretext(const config::Section& root) {
    const auto self = dist::make_self_communicator();
    models::make_pretext(root.section("pretext"), root.section("model"), {32, 32, 3}, *self);
}

} // namespace

std::vector<ConfigSection> config_sections() {
    using config::Section;
    return {
        {"data", {{"data.path", "FOLDER"}}, [](const Section& root) { loader::read_data(root.section("data")); }},
        {"augment", {}, read_augment},
        {"model", {}, read_model},
        {"pretext", {{"model", "{backbone: convnet, width: 1}"}}, read_pretext},
        {"optim", {}, [](const Section& root) { train::read_optim(root.section("optim")); }},
        {"train", {}, [](const Section& root) { train::read_train(root.section("train")); }},
        {"checkpoint", {}, [](const Section& root) { train::read_checkpoint(root.section("checkpoint")); }},
        {"dist", {}, [](const Section& root) { train::read_dist(root.section("dist")); }},
        {"report", {}, [](const Section& root) { train::read_title(root.section("report"), ""); }},
        {"eval", {}, [](const Section& root) { eval::read_eval(root.section("eval")); }},
    };
}

std::vector<config::KeyDescription> describe_section(const ConfigSection& section) {
    return config::describe(section.name, section.read, section.given);
}

} // namespace tacit::cli
