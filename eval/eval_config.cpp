// SPDX-License-Identifier: Apache-2.0
#include "eval/eval_config.hpp"

#include "eval/protocols/protocol.hpp"

namespace tacit::eval {

namespace {

constexpr std::int64_t kMany = 1'000'000;

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
    config.seed = static_cast<std::uint64_t>(eval.integer("seed", 1, {0}));
    config.pictures = read_pictures(eval.section("pictures"));
    for (const ProtocolEntry& entry : protocols()) {
        entry.make(eval.section(entry.name));
    }
    return config;
}

} // namespace tacit::eval
