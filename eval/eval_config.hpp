// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/section.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::eval {

/// Linear probe: multinomial logistic regression on frozen features.
struct LinearOptions {
    /// L2 strengths tried, lambda of mean cross-entropy + lambda / 2 * |W|^2 on standardised features.
    std::vector<double> l2 = {1e-2, 1e-3, 1e-4, 1e-5};
    double holdout = 0.1;    ///< share of the training split, stratified, on which the strength is chosen
    int iterations = 24;     ///< L-BFGS iterations at most, per fit
    double tolerance = 1e-4; ///< a fit ends when an iteration lowers the loss by less than this share of it
    std::uint64_t seed = 1;
};

/// k nearest neighbours with votes weighted by exp(similarity / temperature) (Wu et al. 2018).
struct KnnOptions {
    int k = 20;
    double temperature = 0.07;
};

/// Fine-tuning of the whole network with few labels.
struct FinetuneOptions {
    double fraction = 0.01;     ///< share of each class's training labels, at least one; used when per_class is 0
    std::int64_t per_class = 0; ///< labels of each class; > 0 overrides `fraction`
    int draws = 3;              ///< independent draws of the labels
    std::int64_t epochs = 30;
    std::int64_t batch = 32;
    std::string optimizer = "adamw";
    double weight_decay = 1e-2;
    std::vector<double> lrs = {2e-3, 6e-3, 2e-2}; ///< tried for every row alike
    double holdout = 0.2;    ///< share of the labels, stratified, on which the learning rate is chosen
    int selection_draws = 1; ///< draws on which the learning rate is chosen (their mean accuracy decides)
    std::uint64_t seed = 1;
};

/// Pictures for the report.
struct PictureOptions {
    std::int64_t map_points = 1000; ///< test images on the 2-D map
    double perplexity = 30;
    int map_iterations = 500;
    int queries = 8;    ///< rows of the nearest-neighbour picture
    int neighbours = 8; ///< neighbours of each query
};

/// The `eval` section.
struct EvalConfig {
    std::int64_t batch = 128; ///< images per forward pass of one rank
    LinearOptions linear;
    KnnOptions knn;
    FinetuneOptions finetune;
    PictureOptions pictures;
};

EvalConfig read_eval(const config::Section& eval);

} // namespace tacit::eval
