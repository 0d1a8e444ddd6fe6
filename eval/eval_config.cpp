// SPDX-License-Identifier: Apache-2.0
#include "eval/eval_config.hpp"

#include "eval/protocols/protocol.hpp"

namespace tacit::eval {

namespace {

constexpr std::int64_t kMany = 1'000'000;

PictureOptions read_pictures(const config::Section& section) {
    PictureOptions options;
    section.about("the map of features and the picture of nearest neighbours");
    options.map_points = section.integer({"map_points", "on the map, spread evenly over the test split", "images"},
                                         options.map_points, {4, 5000});
    options.perplexity = section.number({"perplexity", "of t-SNE: about so many neighbours count", "images"},
                                        options.perplexity, {1, 1000});
    options.map_iterations = static_cast<int>(
        section.integer({"map_iterations", "of t-SNE", "iterations"}, options.map_iterations, {1, kMany}));
    options.queries = static_cast<int>(
        section.integer({"queries", "whose nearest neighbours are shown", "images"}, options.queries, {1, 100}));
    options.neighbours = static_cast<int>(
        section.integer({"neighbours", "shown of each query", "images"}, options.neighbours, {1, 100}));
    return options;
}

} // namespace

EvalConfig read_eval(const config::Section& eval) {
    EvalConfig config;
    eval.about("how a run is judged; --set of the judging commands changes it afterwards");
    config.device =
        eval.choice({"device", "where encoders run when a run is judged; train: as train.device says, but on the CPU "
                               "where there is no GPU, auto: on a GPU where there is one"},
                    config.device, {kDeviceOfTraining, "auto", "cpu", "cuda"});
    config.batch = eval.integer({"batch", "of one forward pass of a rank", "images"}, config.batch, {1, kMany});
    config.seed =
        static_cast<std::uint64_t>(eval.integer({"seed", "of the weights of the random encoder, a baseline"}, 1, {0}));
    config.pictures = read_pictures(eval.section("pictures"));
    for (const ProtocolEntry& entry : protocols()) {
        const config::Section section = eval.section(entry.name);
        section.about(entry.summary);
        entry.make(section);
    }
    return config;
}

} // namespace tacit::eval
