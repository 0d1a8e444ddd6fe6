// SPDX-License-Identifier: Apache-2.0
#include "models/step/schedule.hpp"

#include "pipeline/config/node.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace tacit::models {
namespace {

constexpr std::array kShapeNames = {"constant", "linear", "cosine", "step"}; // in the order of Schedule::Shape

double stepped(const Schedule& schedule, double epoch) {
    const auto passed = std::count_if(schedule.milestones.begin(), schedule.milestones.end(),
                                      [&](double milestone) { return milestone <= epoch; });
    return schedule.from * std::pow(schedule.gamma, static_cast<double>(passed));
}

} // namespace

double Schedule::at(const StepContext& context) const {
    const std::int64_t warmup = std::llround(warmup_epochs * static_cast<double>(context.steps_per_epoch));
    if (context.step < warmup) {
        return warmup_from + (from - warmup_from) * static_cast<double>(context.step + 1) / static_cast<double>(warmup);
    }
    const auto rest = static_cast<double>(std::max<std::int64_t>(1, context.total_steps - warmup));
    const double share = std::min(1.0, static_cast<double>(context.step - warmup) / rest);
    switch (shape) {
    case Shape::constant:
        return from;
    case Shape::linear:
        return from + (to - from) * share;
    case Shape::cosine:
        return to + 0.5 * (from - to) * (1.0 + std::cos(std::numbers::pi * share));
    case Shape::step:
        return stepped(*this, context.epoch());
    }
    throw std::logic_error("Schedule: no such shape");
}

Schedule constant(double value) {
    Schedule schedule;
    schedule.from = value;
    return schedule;
}

Schedule cosine(double from, double to) {
    Schedule schedule;
    schedule.shape = Schedule::Shape::cosine;
    schedule.from = from;
    schedule.to = to;
    return schedule;
}

std::vector<std::string> schedule_shapes() {
    return {kShapeNames.begin(), kShapeNames.end()};
}

Schedule::Shape schedule_shape(std::string_view name) {
    const auto* found = std::find(kShapeNames.begin(), kShapeNames.end(), name);
    if (found == kShapeNames.end()) {
        throw std::logic_error("schedule_shape: no shape of that name");
    }
    return static_cast<Schedule::Shape>(found - kShapeNames.begin());
}

Schedule read_schedule(const config::Section& section, const Key& key, const Schedule& fallback,
                       config::Range<double> range) {
    constexpr config::Range<double> kEpochs{0, 1e6};
    const bool stays = fallback.shape == Schedule::Shape::constant && fallback.warmup_epochs == 0;
    section.may_be(key.name, stays ? "{}" : config::number_text(fallback.from));
    if (section.has(key.name) ? !section.is_mapping(key.name) : stays) {
        return constant(section.number(key, fallback.from, range));
    }
    const config::Section keys = section.section(key.name);
    keys.about(key.meaning);
    Schedule schedule;
    schedule.shape =
        schedule_shape(keys.choice({"schedule", "how it goes from `from` on, after the warm-up"},
                                   kShapeNames.at(static_cast<std::size_t>(fallback.shape)), schedule_shapes()));
    schedule.from = keys.number({"from", "value that it begins with"}, fallback.from, range);
    schedule.to = keys.number({"to", "value at the end of the run (linear, cosine)"}, fallback.to, range);
    schedule.warmup_epochs =
        keys.number({"warmup_epochs", "over which it goes linearly from warmup_from to from", "epochs"},
                    fallback.warmup_epochs, kEpochs);
    schedule.warmup_from =
        keys.number({"warmup_from", "value that the warm-up begins with"}, fallback.warmup_from, range);
    schedule.milestones = keys.numbers({"milestones", "at which it is multiplied by gamma (step)", "epochs"},
                                       fallback.milestones, kEpochs);
    schedule.gamma = keys.number({"gamma", "factor at each milestone (step)"}, fallback.gamma, {0, 1});
    return schedule;
}

} // namespace tacit::models
