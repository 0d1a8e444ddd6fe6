// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/train_config.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tacit::train {

TrainConfig read_train(const config::Section& train) {
    TrainConfig config;
    config.epochs = train.integer("epochs", config.epochs, {1, 1'000'000});
    config.max_steps = train.integer("max_steps", config.max_steps, {0, std::int64_t{1} << 40});
    config.batch = train.integer("batch", config.batch, {1, 1 << 20});
    config.accumulate = train.integer("accumulate", config.accumulate, {1, 1 << 16});
    config.grad_cache = train.flag("grad_cache", config.grad_cache);
    config.precision = train.choice("precision", config.precision, {"fp32", "bf16"});
    config.channels_last = train.flag("channels_last", config.channels_last);
    config.seed = static_cast<std::uint64_t>(train.integer("seed", 1, {0, std::numeric_limits<std::int64_t>::max()}));
    config.threads = static_cast<int>(train.integer("threads", config.threads, {0, 1024}));
    config.log_every = train.integer("log_every", config.log_every, {1, 1 << 30});
    config.max_skipped = train.integer("max_skipped", config.max_skipped, {0, 1 << 20});
    config.device = train.choice("device", config.device, {"auto", "cpu", "cuda"});
    return config;
}

std::int64_t CheckpointConfig::epoch_interval(std::int64_t steps_per_epoch) const {
    if (every_epochs <= 0)
        return 0;
    return std::max<std::int64_t>(1, std::llround(every_epochs * static_cast<double>(steps_per_epoch)));
}

CheckpointConfig read_checkpoint(const config::Section& checkpoint) {
    CheckpointConfig config;
    config.every_epochs = checkpoint.number("every_epochs", config.every_epochs, {0, 1e6});
    config.every_steps = checkpoint.integer("every_steps", config.every_steps, {0, 1 << 30});
    config.every_minutes = checkpoint.number("every_minutes", config.every_minutes, {0, 1e6});
    config.keep = checkpoint.integer("keep", config.keep, {1, 1'000'000});
    return config;
}

void check_batch(const config::Section& train, const TrainConfig& config, int ranks) {
    const std::int64_t unit = config.accumulate * ranks;
    if (config.batch % unit == 0)
        return;
    const std::int64_t below = config.batch / unit * unit;
    const std::int64_t nearest = below > 0 && config.batch - below <= unit / 2 ? below : below + unit;
    train.fail("batch",
               fmt::format("{} does not split into {} rank{} x train.accumulate {} = {} equal parts; the nearest "
                           "batch that works is {}",
                           config.batch, ranks, ranks == 1 ? "" : "s", config.accumulate, unit, nearest));
}

} // namespace tacit::train
