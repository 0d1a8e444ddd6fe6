// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/experiment.hpp"

#include "dist/gradient_reducer.hpp"
#include "models/modules.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/train/experiment_checks.hpp"
#include "pipeline/train/machine/device.hpp"
#include "pipeline/train/machine/numa.hpp"
#include "pipeline/train/machine/threads.hpp"
#include "pipeline/train/normalization.hpp"
#include "pipeline/train/open_dataset.hpp"
#include "pipeline/train/step/step_graph.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <fmt/format.h>

#include <utility>

namespace tacit::train {

namespace {

void set_up_ranks(const DistConfig& config, dist::Communicator& comm) {
    comm.set_timeout(config.timeout);
    if (config.numa) {
        if (const std::string what = bind_to_numa_nodes(comm); !what.empty()) {
            log::info(what);
        }
    }
}

void count_steps(Experiment& experiment, const config::Section& root, const dist::Communicator& comm) {
    const TrainConfig& train = experiment.train;
    check_batch(root.section("train"), train, comm.size());
    const std::int64_t images = experiment.dataset->info().size;
    experiment.steps_per_epoch = images / train.batch;
    if (experiment.steps_per_epoch == 0) {
        root.section("train").fail(
            "batch", fmt::format("{} images are more than the {} that split '{}' of {} holds; use "
                                 "a batch of at most that many",
                                 train.batch, images, experiment.data.train, experiment.data.source.path));
    }
    experiment.total_steps = train.epochs * experiment.steps_per_epoch;
    if (train.max_steps > 0) {
        experiment.total_steps = train.max_steps;
    }
    check_warmup(experiment, root, comm);
}

void build_model(Experiment& experiment, const config::Section& root, dist::Communicator& comm) {
    const augment::ImageShape shape = experiment.recipe->output();
    torch::manual_seed(experiment.train.seed);
    experiment.pretext = models::make_pretext(root.section("pretext"), root.section("model"), shape, comm);
    check_views(experiment.pretext->needs(), *experiment.recipe, experiment.pretext_name);
    check_images(experiment, root);
    check_optimizer(experiment, root);
    check_view_sizes(experiment.pretext->backbone(), *experiment.recipe);
    warn_of_large_maps(experiment.pretext->backbone(), shape, comm);
}

void place_model(Experiment& experiment, dist::Communicator& comm) {
    models::Pretext& pretext = *experiment.pretext;
    const torch::NoGradGuard no_gradient;
    if (comm.size() > 1) {
        dist::broadcast_from_root(models::model_state(pretext), comm);
    }
    use_device(experiment.format.device, experiment.train.precision == "fp32");
    pretext.to(experiment.format.device);
    if (experiment.train.channels_last) {
        models::prefer_channels_last(pretext);
    }
}

/// Why steps are not recorded as a CUDA graph; "": they can be.
std::string why_no_graph(const Experiment& experiment, const dist::Communicator& comm) {
    std::string why = graph_obstacle(*experiment.pretext, experiment.train, comm.size());
    const bool gpu = experiment.format.device.is_cuda() && make_gpu_graph != nullptr;
    return why.empty() && !gpu ? "the networks do not run on a GPU" : why;
}

void check_graph(const Experiment& experiment, const config::Section& root, const dist::Communicator& comm) {
    const std::string why = why_no_graph(experiment, comm);
    if (experiment.train.cuda_graph == "on" && !why.empty()) {
        root.section("train").fail("cuda_graph", why + "; set it to auto or off");
    }
}

/// Says so where there is a GPU.
void choose_graph(Experiment& experiment, const dist::Communicator& comm) {
    if (experiment.train.cuda_graph == "off") {
        return;
    }
    const std::string why = why_no_graph(experiment, comm);
    if (why.empty()) {
        experiment.make_graph = make_gpu_graph;
    }
    if (experiment.format.device.is_cuda()) {
        log::info(why.empty() ? "steps are recorded as a CUDA graph"
                              : "steps are not recorded as a CUDA graph: " + why);
    }
}

/// A checkpoint holds one number for all ranks.
int least_of_ranks(int count, dist::Communicator& comm) {
    at::Tensor most = torch::full({1}, -count, torch::kInt64);
    comm.all_reduce_max(most);
    return static_cast<int>(-most.item<std::int64_t>());
}

void share_cores(Experiment& experiment, dist::Communicator& comm) {
    const int cores = cores_of_rank(comm);
    experiment.threads = experiment.train.threads > 0 ? experiment.train.threads : least_of_ranks(cores, comm);
    experiment.workers = experiment.data.workers > 0 ? experiment.data.workers : cores;
    at::set_num_threads(experiment.threads);
}

} // namespace

Experiment plan_experiment(config::Document& document, dist::Communicator& comm, const SectionReader& read_eval) {
    const config::Section root = document.root();
    Experiment experiment;
    experiment.data = loader::read_data(root.section("data"));
    experiment.optim = read_optim(root.section("optim"));
    experiment.train = read_train(root.section("train"));
    experiment.checkpoint = read_checkpoint(root.section("checkpoint"));
    set_up_ranks(read_dist(root.section("dist")), comm);
    if (read_eval) {
        read_eval(root.section("eval"));
    }
    experiment.pretext_name = read_pretext_name(root.section("pretext"));
    const std::string recipe_name = models::default_recipe(experiment.pretext_name);
    experiment.dataset =
        std::make_unique<shards::Dataset>(open_dataset(experiment.data.source, experiment.data.train, comm));
    check_splits(experiment.data, root.section("data"), comm);
    const shards::DatasetInfo& info = experiment.dataset->info();
    experiment.title =
        read_title(root.section("report"), fmt::format("{} on {}", experiment.pretext_name, info.source));
    experiment.recipe = std::make_unique<augment::Recipe>(
        loader::read_recipe(root.section("augment"), recipe_name, info), info.channels);
    experiment.format = {
        {}, {}, pick_device(experiment.train.device, "train.device", comm), experiment.train.channels_last};
    count_steps(experiment, root, comm);
    build_model(experiment, root, comm);
    check_graph(experiment, root, comm);
    document.finish();
    return experiment;
}

Experiment build_experiment(config::Document& document, dist::Communicator& comm, const SectionReader& read_eval,
                            const std::string& kept_normalization) {
    Experiment experiment = plan_experiment(document, comm, read_eval);
    if (!experiment.data.stage.empty()) {
        experiment.dataset->stage({experiment.data.stage, {}});
    }
    loader::Normalization normalization =
        settle_normalization(experiment.data, *experiment.dataset, kept_normalization, comm);
    experiment.format.mean = std::move(normalization.mean);
    experiment.format.std = std::move(normalization.std);
    place_model(experiment, comm);
    share_cores(experiment, comm);
    choose_graph(experiment, comm);
    experiment.settings = flat_settings(document.resolved_yaml());
    experiment.defaults = default_settings(document.defaults_yaml());
    loader::LoaderOptions order = loader::training_options(experiment.data, *experiment.dataset);
    order.global_batch = experiment.train.batch / experiment.train.accumulate;
    if (const std::string name = loader::order_name(order, *experiment.dataset); !name.empty()) {
        experiment.settings["data.order"] = name;
    }
    return experiment;
}

} // namespace tacit::train
