// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/step/context.hpp"
#include "pipeline/config/section.hpp"

#include <string_view>
#include <vector>

namespace tacit::models {

/// A number that may move with the step: a pure function of the StepContext, so that nothing of it needs to be saved.
/// First a linear warm-up from `warmup_from` to `from` over `warmup_epochs`; then, over the rest of the run,
/// - constant: `from`;
/// - linear: from `from` to `to`;
/// - cosine: to + (from - to) (1 + cos(pi t)) / 2 at share t of that rest (Loshchilov & Hutter 2017 without restarts;
///   for an EMA momentum with to = 1 the schedule of BYOL, Grill et al. 2020);
/// - step: `from` times `gamma` for each of the `milestones` (epochs since the start of the run) that has passed.
struct Schedule {
    enum class Shape { constant, linear, cosine, step };

    Shape shape = Shape::constant;
    double from = 0;
    double to = 0; ///< linear, cosine: reached at the last step's end
    double warmup_epochs = 0;
    double warmup_from = 0;
    std::vector<double> milestones = {}; ///< step
    double gamma = 0.1;                  ///< step

    double at(const StepContext& context) const;
};

/// A schedule that does not move.
Schedule constant(double value);
/// From `from` to `to` by half a cosine over the whole run.
Schedule cosine(double from, double to);

/// Names of the shapes, for messages and `choice`.
std::vector<std::string> schedule_shapes();
/// The shape of one of these names.
Schedule::Shape schedule_shape(std::string_view name);

/// Reads `key`: a number, which stays, or a mapping {schedule: constant|linear|cosine|step, from, to, warmup_epochs,
/// warmup_from, milestones, gamma}, whose keys default to those of `fallback`. Every value that the schedule passes
/// through must lie in `range`.
Schedule read_schedule(const config::Section& section, const Key& key, const Schedule& fallback,
                       config::Range<double> range);

} // namespace tacit::models
