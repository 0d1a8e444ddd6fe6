// SPDX-License-Identifier: Apache-2.0
#include "eval/eval_config.hpp"

namespace tacit::eval {

namespace {

constexpr std::int64_t kMany = 1'000'000;

LinearOptions read_linear(const config::Section& section) {
    LinearOptions options;
    options.l2 = section.numbers("l2", options.l2, {1e-12, 1e6});
    if (options.l2.empty()) {
        section.fail("l2", "needs at least one strength");
    }
    options.holdout = section.number("holdout", options.holdout, {0.01, 0.5});
    options.iterations = static_cast<int>(section.integer("iterations", options.iterations, {1, kMany}));
    options.tolerance = section.number("tolerance", options.tolerance, {0, 0.1});
    options.seed = static_cast<std::uint64_t>(section.integer("seed", 1, {0}));
    return options;
}

KnnOptions read_knn(const config::Section& section) {
    KnnOptions options;
    options.k = static_cast<int>(section.integer("k", options.k, {1, 10'000}));
    options.temperature = section.number("temperature", options.temperature, {1e-3, 100});
    return options;
}

FinetuneOptions read_finetune(const config::Section& section) {
    FinetuneOptions options;
    options.fraction = section.number("fraction", options.fraction, {1e-6, 1});
    options.per_class = section.integer("per_class", options.per_class, {0, kMany});
    options.draws = static_cast<int>(section.integer("draws", options.draws, {1, 100}));
    options.epochs = section.integer("epochs", options.epochs, {1, kMany});
    options.batch = section.integer("batch", options.batch, {2, kMany});
    options.optimizer = section.choice("optimizer", options.optimizer, {"adamw", "sgd"});
    options.weight_decay = section.number("weight_decay", options.weight_decay, {0, 10});
    options.lrs = section.numbers("lrs", options.lrs, {1e-8, 100});
    if (options.lrs.empty()) {
        section.fail("lrs", "needs at least one learning rate");
    }
    options.holdout = section.number("holdout", options.holdout, {0.01, 0.5});
    options.selection_draws = static_cast<int>(section.integer("selection_draws", options.selection_draws, {1, 100}));
    options.seed = static_cast<std::uint64_t>(section.integer("seed", 1, {0}));
    return options;
}

PictureOptions read_pictures(const config::Section& section) {
    PictureOptions options;
    options.map_points = section.integer("map_points", options.map_points, {4, 5000});
    options.perplexity = section.number("perplexity", options.perplexity, {1, 1000});
    options.map_iterations = static_cast<int>(section.integer("map_iterations", options.map_iterations, {1, kMany}));
    options.queries = static_cast<int>(section.integer("queries", options.queries, {1, 100}));
    options.neighbours = static_cast<int>(section.integer("neighbours", options.neighbours, {1, 100}));
    return options;
}

} // namespace

EvalConfig read_eval(const config::Section& eval) {
    EvalConfig config;
    config.batch = eval.integer("batch", config.batch, {1, kMany});
    config.linear = read_linear(eval.section("linear"));
    config.knn = read_knn(eval.section("knn"));
    config.finetune = read_finetune(eval.section("finetune"));
    config.pictures = read_pictures(eval.section("pictures"));
    return config;
}

} // namespace tacit::eval
