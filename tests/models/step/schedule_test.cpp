// SPDX-License-Identifier: Apache-2.0
#include "models/step/schedule.hpp"

#include "pipeline/base/error.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

namespace tacit::models {
namespace {

/// Step `step` of 100, 10 an epoch.
StepContext of_hundred(std::int64_t step) {
    StepContext context;
    context.step = step;
    context.total_steps = 100;
    context.steps_per_epoch = 10;
    return context;
}

Schedule schedule(Schedule::Shape shape, double from, double to) {
    Schedule made;
    made.shape = shape;
    made.from = from;
    made.to = to;
    return made;
}

TEST(Schedule, WarmsUpLinearlyThenFollowsItsShapeOverTheRest) {
    Schedule rate = schedule(Schedule::Shape::cosine, 0.4, 0);
    rate.warmup_epochs = 2;
    for (int step = 0; step < 20; ++step) {
        EXPECT_DOUBLE_EQ(rate.at(of_hundred(step)), 0.4 * (step + 1) / 20);
    }
    EXPECT_DOUBLE_EQ(rate.at(of_hundred(20)), 0.4);
    EXPECT_NEAR(rate.at(of_hundred(60)), 0.2, 1e-12);
    EXPECT_NEAR(rate.at(of_hundred(100)), 0.0, 1e-12);
    EXPECT_GT(rate.at(of_hundred(99)), 0.0);
    rate.warmup_from = 0.1;
    EXPECT_DOUBLE_EQ(rate.at(of_hundred(9)), 0.1 + 0.3 * 10 / 20);
}

TEST(Schedule, CosineToOneIsByolsMomentum) {
    const Schedule momentum = schedule(Schedule::Shape::cosine, 0.99, 1);
    for (const int step : {0, 25, 50, 100}) { // Grill et al. 2020, section 3.2
        const double expected = 1 - (1 - 0.99) * (std::cos(std::numbers::pi * step / 100) + 1) / 2;
        EXPECT_NEAR(momentum.at(of_hundred(step)), expected, 1e-15);
    }
}

TEST(Schedule, ConstantAndLinearAndStep) {
    EXPECT_DOUBLE_EQ(constant(0.3).at(of_hundred(99)), 0.3);
    EXPECT_DOUBLE_EQ(schedule(Schedule::Shape::linear, 1, 3).at(of_hundred(25)), 1.5);
    EXPECT_DOUBLE_EQ(schedule(Schedule::Shape::linear, 1, 3).at(of_hundred(200)), 3);
    Schedule steps = schedule(Schedule::Shape::step, 1, 0);
    steps.milestones = {3, 6};
    steps.gamma = 0.5;
    EXPECT_DOUBLE_EQ(steps.at(of_hundred(29)), 1);
    EXPECT_DOUBLE_EQ(steps.at(of_hundred(30)), 0.5);
    EXPECT_DOUBLE_EQ(steps.at(of_hundred(60)), 0.25);
}

class ReadSchedule : public testing::Test {
  protected:
    Schedule read(const std::string& text, const Schedule& fallback) {
        config::Document document = config::Document::from_text(text, "c.yaml");
        Schedule made = read_schedule(document.root(), {"ema", "of a test"}, fallback, {0, 1});
        document.finish();
        resolved_ = document.resolved_yaml();
        return made;
    }
    std::string resolved_;
};

TEST_F(ReadSchedule, TakesANumberOrAMapping) {
    const Schedule moving = schedule(Schedule::Shape::cosine, 0.99, 1);
    EXPECT_DOUBLE_EQ(read("ema: 0.5", moving).at(of_hundred(70)), 0.5);
    EXPECT_EQ(resolved_, "ema: 0.5\n");
    EXPECT_DOUBLE_EQ(read("{}", constant(0.25)).at(of_hundred(70)), 0.25);
    EXPECT_EQ(resolved_, "ema: 0.25\n");
    EXPECT_NEAR(read("ema: {from: 0.9}", moving).at(of_hundred(50)), 0.95, 1e-12);
    const std::string first = resolved_;
    EXPECT_NEAR(read(first, constant(0.1)).at(of_hundred(50)), 0.95, 1e-12)
        << "a resolved config gives the same schedule";
    EXPECT_EQ(resolved_, first);
    EXPECT_NEAR(read("{}", moving).at(of_hundred(50)), 0.995, 1e-12);
    EXPECT_NEAR(read("ema: {schedule: linear, from: 0, to: 1}", constant(0.1)).at(of_hundred(30)), 0.3, 1e-12);
}

TEST_F(ReadSchedule, RefusesWhatIsOutOfRangeOrUnknown) {
    EXPECT_THROW(read("ema: 1.5", constant(0.1)), ConfigError);
    EXPECT_THROW(read("ema: {from: 0.5, to: 2}", constant(0.1)), ConfigError);
    EXPECT_THROW(read("ema: {schedule: sine}", constant(0.1)), ConfigError);
    EXPECT_THROW(read("ema: {start: 0.5}", constant(0.1)), ConfigError);
}

} // namespace
} // namespace tacit::models
