// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tacit::models {

/// Where a run stands when a step is made; the same on every rank. All of it follows from the step's number, so that a
/// resumed run sees what a run never stopped sees.
struct StepContext {
    std::int64_t step = 0;        ///< optimiser steps before this one
    std::int64_t total_steps = 1; ///< of the whole run
    std::int64_t steps_per_epoch = 1;
    std::uint64_t seed = 0;      ///< train.seed
    std::string update = "main"; ///< which of Pretext::updates() is made

    /// Epochs before this step, with fraction.
    double epoch() const { return static_cast<double>(step) / static_cast<double>(steps_per_epoch); }
};

} // namespace tacit::models
