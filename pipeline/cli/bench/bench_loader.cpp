// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/data/view_source.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/loader/batch_digest.hpp"
#include "pipeline/loader/throughput.hpp"
#include "pipeline/train/machine/threads.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void bench_loader_options(OptionTable& table) {
    add_view_options(table);
    table.add_options()("batch", po::value<std::int64_t>()->value_name("N")->default_value(128), "images a batch")(
        "workers", po::value<std::int64_t>()->value_name("N")->default_value(0), "threads; 0: as many as cores")(
        "seconds", po::value<double>()->value_name("S")->default_value(5),
        "of measuring")("digest", po::value<std::int64_t>()->value_name("EPOCHS"),
                        "instead of timing: SHA-256 of every byte that so many epochs deliver")(
        "ranks", po::value<std::int64_t>()->value_name("N")->default_value(1), "of --digest: loaders side by side");
    add_json_option(table);
}

std::string json_of(const loader::Throughput& measured, const ViewSource& source) {
    const nlohmann::ordered_json json = {{"path", source.data.source.path},
                                         {"recipe", source.recipe.spec().name},
                                         {"size", source.recipe.spec().size},
                                         {"open_seconds", source.open_seconds},
                                         {"workers", measured.workers},
                                         {"views", measured.views},
                                         {"images", measured.images},
                                         {"seconds", measured.seconds},
                                         {"images_per_second", measured.images_per_second},
                                         {"views_per_second", measured.views_per_second},
                                         {"worker_seconds", measured.worker_seconds},
                                         {"wait_seconds", measured.wait_seconds},
                                         {"block_loads", measured.block_loads},
                                         {"peak_block_bytes", measured.peak_block_bytes}};
    return json_text(json, 2);
}

/// The same for any number of workers and ranks, for shards and the files that they were packed from.
std::string delivered_digest(const ViewSource& source, const loader::LoaderOptions& options, int ranks,
                             std::int64_t epochs) {
    loader::RankedLoaders loaders(source.dataset, source.recipe, options, ranks);
    Sha256 all;
    for (std::int64_t batch = 0; batch < epochs * loaders.batches_per_epoch(); ++batch) {

        const std::string digest = loader::batch_digest(loaders.next());
        all.update(digest.data(), digest.size());
    }
    return all.hex();
}

ExitCode run_bench_loader(const Call& call) {
    const std::int64_t batch = call.integer_in("batch", 1, 1 << 20);
    const auto workers = static_cast<int>(call.integer_in("workers", 0, 1024));
    const double seconds = call.number_in("seconds", 0.01, 3600);
    const ViewSource source = open_views(call);
    loader::LoaderOptions wanted = loader::training_options(source.data, source.dataset);
    wanted.global_batch = batch;
    wanted.workers = workers > 0 ? workers : train::cores_of_rank(call.comm);
    if (call.given("digest")) {
        const auto ranks = static_cast<int>(call.integer_in("ranks", 1, 1024));
        const std::string digest = delivered_digest(source, wanted, ranks, call.integer_in("digest", 1, 1 << 20));
        call.answer(call.json() ? json_text(nlohmann::json({{"sha256", digest}}), 2) : digest + "\n");
        return ExitCode::done;
    }
    const loader::Throughput measured = loader::measure_throughput(source.dataset, source.recipe, wanted, seconds);
    call.answer(call.json()
                    ? json_of(measured, source)
                    : fmt::format("{:.0f} images/s, {:.0f} views/s of recipe {} with {} workers "
                                  "({:.2f} of their cores busy, {} images in {:.1f} s)\n",
                                  measured.images_per_second, measured.views_per_second, source.recipe.spec().name,
                                  measured.workers, measured.worker_seconds / measured.seconds, measured.images,
                                  measured.seconds));
    return ExitCode::done;
}

} // namespace

Command bench_loader_command() {
    return {"bench loader",
            "[PATH] [--config FILE] [options]",
            "time reading, decoding and augmenting, without training",
            "",
            Ranks::one,
            {{"path", 1}},
            bench_loader_options,
            run_bench_loader};
}

} // namespace tacit::cli
