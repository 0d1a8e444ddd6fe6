// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/experiment_checks.hpp"

#include "models/backbones/token_backbone.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "pipeline/train/machine/agreement.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace tacit::train {

namespace {

std::string fitting_recipe_advice(const std::string& pretext) {
    return fmt::format("set augment.recipe to {} (or leave it out)", models::default_recipe(pretext));
}

} // namespace

void check_views(const models::ViewNeeds& needs, const augment::Recipe& recipe, const std::string& pretext) {
    const std::string& name = recipe.spec().name;
    if (recipe.views() < needs.views) {
        throw ConfigError(fmt::format("pretext {} needs {} views of an image, recipe {} makes {}; {}", pretext,
                                      needs.views, name, recipe.views(), fitting_recipe_advice(pretext)));
    }
    for (int view = 1; view < needs.views; ++view) {
        if (recipe.output(view) != recipe.output()) {
            throw ConfigError(fmt::format("pretext {} needs {} views of one size, recipe {} makes them of {} and {} "
                                          "pixels; {}",
                                          pretext, needs.views, name, recipe.output().width, recipe.output(view).width,
                                          fitting_recipe_advice(pretext)));
        }
    }
    const int last = recipe.views() - 1;
    if (needs.target && (recipe.output(last) != recipe.output() || recipe.outputs(last).rotation ||
                         recipe.spec().views.back().draw != recipe.spec().views.front().draw)) {
        throw ConfigError(
            fmt::format("pretext {} aims at the last view of an image, which must show what the first one "
                        "does, of the same size and draw, and that of recipe {} does not; {}",
                        pretext, name, fitting_recipe_advice(pretext)));
    }
    if (needs.mask && recipe.outputs(0).mask.planes != 1) {
        throw ConfigError(fmt::format("pretext {} needs one mask of pixels or patches, recipe {} makes {}; {}", pretext,
                                      name, recipe.outputs(0).mask ? "several" : "none",
                                      fitting_recipe_advice(pretext)));
    }
    for (int view = 0; needs.rotation && view < needs.views; ++view) {
        if (!recipe.outputs(view).rotation) {
            throw ConfigError(fmt::format("pretext {} needs the rotation of every view, view {} of recipe {} is not "
                                          "rotated; {}",
                                          pretext, view, name, fitting_recipe_advice(pretext)));
        }
    }
}

void check_warmup(const Experiment& experiment, const config::Section& root, const dist::Communicator& comm) {
    const double warmup = experiment.optim.warmup_epochs * static_cast<double>(experiment.steps_per_epoch);
    if (warmup <= 0 || warmup < static_cast<double>(experiment.total_steps)) {
        return;
    }
    const std::string what = fmt::format("the warm-up takes {:.0f} steps and the run has {}: the learning rate never "
                                         "reaches optim.lr",
                                         warmup, experiment.total_steps);
    if (experiment.total_steps >= experiment.train.epochs * experiment.steps_per_epoch) {
        root.section("optim").fail("warmup_epochs", what + "; shorten it, or train longer");
    }
    if (comm.rank() == 0) {
        log::warning(what);
    }
}

void check_images(const Experiment& experiment, const config::Section& root) {
    const TrainConfig& train = experiment.train;
    if (train.grad_cache && experiment.pretext->halves() == nullptr) {
        root.section("train").fail("grad_cache",
                                   fmt::format("the loss of pretext {} compares no embeddings of different "
                                               "images; leave it out: train.accumulate alone does the same",
                                               experiment.pretext_name));
    }
    if (train.grad_cache && experiment.pretext->backbone().draws()) { // which it does with gradients alone
        root.section("train").fail(
            "grad_cache", "passes micro-batches twice, and the backbone would drop other parts the second time; "
                          "set model.drop_path or model.dropout to 0, or leave grad_cache out");
    }
    if (train.grad_cache && train.accumulate == 1) {
        root.section("train").fail("grad_cache",
                                   "does nothing without micro-batches: set train.accumulate to 2 or more");
    }
    const int least = experiment.pretext->needs().images;
    if (train.batch / (train.grad_cache ? 1 : train.accumulate) < least) {
        root.section("train").fail(
            "batch", fmt::format("{} with train.accumulate {}: pretext {} compares the images of a micro-batch with "
                                 "each other and needs at least {}; 64 and more work well",
                                 train.batch, train.accumulate, experiment.pretext_name, least));
    }
}

void warn_of_large_maps(const models::Backbone& backbone, augment::ImageShape shape, const dist::Communicator& comm) {
    if (const std::string why = backbone.slow(shape.height, shape.width); !why.empty() && comm.rank() == 0) {
        log::warning(why + "; --dry-run says how long the run would take");
    }
}

void check_view_sizes(const models::Backbone& backbone, const augment::Recipe& recipe) {
    for (int view = 0; view < recipe.views(); ++view) {
        const augment::ImageShape shape = recipe.output(view);
        if (const std::string why = backbone.unfit(shape.height, shape.width); !why.empty()) {
            throw ConfigError(fmt::format("view {} of recipe {}: model.backbone {} {}", view, recipe.spec().name,
                                          backbone.architecture().name, why));
        }
    }
}

void check_optimizer(const Experiment& experiment, const config::Section& root) {
    if (experiment.optim.name == "lars" &&
        dynamic_cast<const models::TokenBackbone*>(&experiment.pretext->backbone()) != nullptr) {
        root.section("optim").fail("name", "lars is made for convolutional networks, and vision transformers collapse "
                                           "under it; use adamw");
    }
}

void check_splits(const loader::DataConfig& data, const config::Section& section, dist::Communicator& comm) {
    const auto check = [&](const char* key, const std::string& name) {
        const std::vector<std::string> splits = shards::splits_of(data.source, name);
        if (std::find(splits.begin(), splits.end(), name) == splits.end()) {
            section.fail(key, unknown_word("split of " + data.source.path, name, splits));
        }
    };
    on_root(comm, [&] {
        if (data.test != loader::DataConfig{}.test) { // which need not be there
            check("test", data.test);
        }
        if (data.val != "auto" && data.val != "none") {
            check("val", data.val);
        }
    });
}

std::string read_pretext_name(const config::Section& section) {
    std::string name = section.required_text(models::kPretextName);
    const std::vector<std::string> names = models::pretext_names();
    if (std::find(names.begin(), names.end(), name) != names.end()) {
        return name;
    }
    const std::vector<std::string> recipes = augment::preset_names();
    const bool recipe = std::find(recipes.begin(), recipes.end(), name) != recipes.end();
    section.fail("name", unknown_word("pretext", name, names) +
                             (recipe ? fmt::format("; '{}' is the name of a recipe, which augment.recipe takes", name)
                                     : std::string()));
}

} // namespace tacit::train
