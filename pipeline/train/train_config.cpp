// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/train_config.hpp"

#include "dist/communicator.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tacit::train {

TrainConfig read_train(const config::Section& train) {
    TrainConfig config;
    train.about("how long and on what a run trains");
    config.epochs =
        train.integer({"epochs", "passes over the training split", "epochs"}, config.epochs, {1, 1'000'000});
    config.max_steps = train.integer(
        {"max_steps", "ends the run after so many steps, however many epochs that is; 0: train.epochs counts", "steps"},
        config.max_steps, {0, std::int64_t{1} << 40});
    config.batch = train.integer(
        {"batch", "images of one optimiser step, over all ranks and micro-batches; ranks x accumulate divide it",
         "images"},
        config.batch, {1, 1 << 20});
    config.accumulate =
        train.integer({"accumulate", "micro-batches that make one step, for batches that do not fit into memory; "
                                     "negatives and batch statistics span a micro-batch alone, but see grad_cache"},
                      config.accumulate, {1, 1 << 16});
    config.grad_cache =
        train.flag({"grad_cache", "compares the embeddings of all micro-batches of a step, each of which runs twice, "
                                  "so that negatives span the batch (simclr, triplet, contrastive_pairs)"},
                   config.grad_cache);
    config.precision =
        train.choice({"precision", "of the networks; bf16 is autocast, losses, norms and statistics stay fp32"},
                     config.precision, {"fp32", "bf16"});
    config.channels_last = train.flag(
        {"channels_last", "memory format of images and convolutions; faster on most machines, other last bits"},
        config.channels_last);
    config.seed = static_cast<std::uint64_t>(
        train.integer({"seed", "of initialisation, order, augmentation and what pretexts draw"}, 1,
                      {0, std::numeric_limits<std::int64_t>::max()}));
    config.threads = static_cast<int>(train.integer(
        {"threads", "of LibTorch per rank; 0: the cores that the rank may use", "threads"}, config.threads, {0, 1024}));
    config.log_every =
        train.integer({"log_every", "between two lines of metrics.jsonl", "steps"}, config.log_every, {1, 1 << 30});
    config.max_skipped = train.integer(
        {"max_skipped",
         "in a row may be left out because a loss or gradient is no finite number; one more ends the run", "steps"},
        config.max_skipped, {0, 1 << 20});
    config.device = train.choice({"device", "where the networks run; auto: a GPU where there is one"}, config.device,
                                 {"auto", "cpu", "cuda"});
    config.cuda_graph = train.choice(
        {"cuda_graph", "forward and backward pass as a CUDA graph, recorded once and replayed, which spares the host's "
                       "work; auto: on one GPU, where the pretext allows it and the recording succeeds; on: or refuse"},
        config.cuda_graph, {"auto", "on", "off"});
    return config;
}

std::int64_t CheckpointConfig::epoch_interval(std::int64_t steps_per_epoch) const {
    if (every_epochs <= 0) {
        return 0;
    }
    return std::max<std::int64_t>(1, std::llround(every_epochs * static_cast<double>(steps_per_epoch)));
}

CheckpointConfig read_checkpoint(const config::Section& checkpoint) {
    CheckpointConfig config;
    checkpoint.about(
        "when checkpoints are written, whichever comes first; one is also written at the end and at a stop");
    config.every_epochs = checkpoint.number({"every_epochs", "between two checkpoints; 0: not by epochs", "epochs"},
                                            config.every_epochs, {0, 1e6});
    config.every_steps = checkpoint.integer({"every_steps", "between two checkpoints; 0: not by steps", "steps"},
                                            config.every_steps, {0, 1 << 30});
    config.every_minutes =
        checkpoint.number({"every_minutes", "of training between two checkpoints; 0: not by time", "minutes"},
                          config.every_minutes, {0, 1e6});
    config.keep = checkpoint.integer({"keep", "newest checkpoints that stay on disk"}, config.keep, {1, 1'000'000});
    return config;
}

DistConfig read_dist(const config::Section& section) {
    constexpr std::int64_t kDay = 86400;
    section.about("how ranks work together");
    DistConfig config;
    config.timeout = std::chrono::seconds(section.integer(
        {"timeout", "that a collective waits for a rank that shows no sign of life; 0: for ever", "seconds"},
        dist::kDefaultTimeout.count(), {0, kDay}));
    config.numa = section.choice({"bind", "numa: each rank stays on the cores and the memory of one NUMA node"}, "numa",
                                 {"numa", "none"}) == "numa";
    return config;
}

std::string read_title(const config::Section& report, const std::string& usual) {
    report.about("the page that tacit report makes");
    return report.text({"title", "heading of the run", "", "the pretext and the data set"}, usual);
}

void check_batch(const config::Section& train, const TrainConfig& config, int ranks) {
    const std::int64_t unit = config.accumulate * ranks;
    if (config.batch % unit == 0) {
        return;
    }
    const std::int64_t below = config.batch / unit * unit;
    const std::int64_t nearest = below > 0 && config.batch - below <= unit / 2 ? below : below + unit;
    train.fail("batch",
               fmt::format("{} does not split into {} rank{} x train.accumulate {} = {} equal parts; the nearest "
                           "batch that works is {}",
                           config.batch, ranks, ranks == 1 ? "" : "s", config.accumulate, unit, nearest));
}

} // namespace tacit::train
