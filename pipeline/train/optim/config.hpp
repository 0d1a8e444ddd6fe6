// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/step/schedule.hpp"
#include "pipeline/config/section.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::train {

/// The `optim` section. A key that the optimiser does not use is not read, so that it is an error to give it.
struct OptimConfig {
    std::string name = "sgd"; ///< see optimizer_names()
    double lr = 0.05;         ///< peak learning rate
    std::int64_t lr_per = 0;  ///< > 0: lr, lr_end and warmup_from are for this many samples of global batch; 0: they
                              ///< are as they are
    bool lr_sqrt = false;     ///< they grow with the root of the batch (Chen et al. 2020, app. B.1: 0.075 a sample),
                              ///< else with the batch (Goyal et al. 2017)
    models::Schedule weight_decay = models::constant(1e-4); ///< never of plain parameters (ParameterGroup::plain)
    models::Schedule momentum = models::constant(0.9);      ///< sgd, lars
    bool nesterov = true;                                   ///< sgd, lars
    std::vector<double> betas = {0.9, 0.999};               ///< adam, adamw, lamb
    double eps = 1e-8;                                      ///< adam, adamw, lamb
    double trust = 0.001;                                   ///< lars: the trust coefficient, eta
    bool trust_clip = false;                                ///< lars: the local rate is at most lr, as LARC has it
    bool classic_momentum = true;        ///< lars: the rate is inside of the momentum, as the paper has it
    std::string schedule = "cosine";     ///< of lr: cosine, linear, constant, step
    double lr_end = 0;                   ///< cosine, linear: reached at the end of the run
    std::vector<double> milestones = {}; ///< step: epochs at which lr is multiplied by gamma
    double gamma = 0.1;                  ///< step
    double warmup_epochs = 0;            ///< linear, from warmup_from
    double warmup_from = 0;
    double clip_norm = 0; ///< > 0: gradients of an update are scaled to at most this Euclidean norm; 0: never

    /// The learning rate of a run with `global_batch` samples a step.
    models::Schedule learning_rate(std::int64_t global_batch) const;
};

OptimConfig read_optim(const config::Section& optim);

} // namespace tacit::train
