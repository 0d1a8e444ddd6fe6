// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tacit::train {

double learning_rate(const OptimConfig& config, std::int64_t step, std::int64_t steps_per_epoch,
                     std::int64_t total_steps, std::int64_t global_batch) {
    const double scale =
        config.lr_per > 0 ? static_cast<double>(global_batch) / static_cast<double>(config.lr_per) : 1.0;
    const double peak = config.lr * scale;
    const std::int64_t warmup = std::llround(config.warmup_epochs * static_cast<double>(steps_per_epoch));
    if (step < warmup)
        return peak * static_cast<double>(step + 1) / static_cast<double>(warmup);
    if (config.schedule == "constant")
        return peak;
    const auto decay_steps = static_cast<double>(std::max<std::int64_t>(1, total_steps - warmup));
    const double progress = std::min(1.0, static_cast<double>(step - warmup) / decay_steps);
    return 0.5 * peak * (1.0 + std::cos(std::numbers::pi * progress));
}

} // namespace tacit::train
