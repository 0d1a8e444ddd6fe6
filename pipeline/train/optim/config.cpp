// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optim/config.hpp"

#include "pipeline/train/optim/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tacit::train {

namespace {

constexpr config::Range<double> kRates{0, 1e3};

void read_moments(const config::Section& optim, OptimConfig& config) {
    config.betas = optim.numbers(
        {"betas", "decay of the running means of gradient and squared gradient, two numbers (adam, adamw, lamb)"},
        config.betas, {0.0, 0.999999});
    if (config.betas.size() != 2) {
        optim.fail("betas", fmt::format("needs two numbers, such as [0.9, 0.999], and has {}", config.betas.size()));
    }
}

void read_lr_schedule(const config::Section& optim, OptimConfig& config) {
    config.schedule = optim.choice({"schedule", "how the learning rate goes from optim.lr on, after the warm-up"},
                                   config.schedule, models::schedule_shapes());
    config.warmup_epochs =
        optim.number({"warmup_epochs", "over which the learning rate rises linearly from warmup_from to lr", "epochs"},
                     config.warmup_epochs, {0.0, 1e6});
    config.warmup_from =
        optim.number({"warmup_from", "learning rate that the warm-up begins with"}, config.warmup_from, kRates);
    if (config.schedule == "cosine" || config.schedule == "linear") {
        config.lr_end = optim.number({"lr_end", "learning rate at the end of the run"}, config.lr_end, kRates);
    }
    if (config.schedule == "step") {
        config.milestones =
            optim.numbers({"milestones", "at which the learning rate is multiplied by gamma; at least one", "epochs"},
                          config.milestones, {0, 1e6});
        config.gamma = optim.number({"gamma", "factor of the learning rate at each milestone"}, config.gamma, {0, 1});
    }
}

} // namespace

models::Schedule OptimConfig::learning_rate(std::int64_t global_batch) const {
    const double batches = lr_per > 0 ? static_cast<double>(global_batch) / static_cast<double>(lr_per) : 1.0;
    const double scale = lr_sqrt ? std::sqrt(batches) : batches;
    models::Schedule rate;
    rate.shape = models::schedule_shape(schedule);
    rate.from = lr * scale;
    rate.to = lr_end * scale;
    rate.warmup_epochs = warmup_epochs;
    rate.warmup_from = warmup_from * scale;
    rate.milestones = milestones;
    rate.gamma = gamma;
    return rate;
}

OptimConfig read_optim(const config::Section& optim) {
    OptimConfig config;
    optim.about("how parameters follow their gradients");
    config.name = optim.choice(
        {"name", "the optimiser; lars suits large batches of convolutional networks, adamw vision transformers"},
        config.name, optimizer_names());
    config.lr = optim.number({"lr", "peak learning rate"}, config.lr, {1e-12, 1e3});
    config.lr_per = optim.integer({"lr_per",
                                   "lr, lr_end and warmup_from count for so many images of train.batch and grow with "
                                   "it; 0: they are as they are",
                                   "images"},
                                  config.lr_per, {0, 1 << 24});
    if (config.lr_per > 0) {
        config.lr_sqrt = optim.choice({"lr_scaling", "they grow with train.batch itself or with its root"}, "linear",
                                      {"linear", "sqrt"}) == "sqrt";
    }
    config.weight_decay = models::read_schedule(
        optim,
        {"weight_decay",
         "pull of weights towards 0; one-dimensional parameters, positions and single tokens are left out"},
        config.weight_decay, {0.0, 1e3});
    // These two stand in every config that an earlier Tacit resolved, whatever the optimiser.
    config.momentum =
        models::read_schedule(optim, {"momentum", "share of the last step that the next one keeps (sgd, lars)"},
                              config.momentum, {0.0, 0.9999});
    read_moments(optim, config);
    if (config.name == "sgd" || config.name == "lars") {
        config.nesterov = optim.flag({"nesterov", "momentum looks one step ahead"}, config.name == "sgd");
    } else {
        config.eps = optim.number({"eps", "added to the root of the mean squared gradient"},
                                  config.name == "lamb" ? 1e-6 : 1e-8, {1e-16, 1.0});
    }
    if (config.name == "lars") {
        config.trust =
            optim.number({"trust", "trust coefficient: a layer moves by so large a share of its weights' norm"},
                         config.trust, {1e-6, 1e3});
        config.trust_clip =
            optim.flag({"trust_clip", "no layer moves faster than lr, as LARC has it"}, config.trust_clip);
        config.classic_momentum =
            optim.flag({"classic_momentum", "the learning rate is inside of the momentum, as in the paper of LARS"},
                       config.classic_momentum);
    }
    read_lr_schedule(optim, config);
    config.clip_norm = optim.number(
        {"clip_norm", "largest Euclidean norm of an update's gradient, which is scaled down to it; 0: never"},
        config.clip_norm, {0, 1e9});
    if (config.schedule == "step" && config.milestones.empty()) {
        optim.fail("milestones", "schedule: step needs the epochs at which the learning rate falls, such as [60, 80]");
    }
    return config;
}

} // namespace tacit::train
