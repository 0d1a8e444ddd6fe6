// SPDX-License-Identifier: Apache-2.0
#include "models/modules.hpp"

#include "tests/models/backbones/backbone_fixture.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>

#include <gtest/gtest.h>

#include <stdexcept>

namespace tacit::models {
namespace {

/// A part with a part.
struct Part : torch::nn::Module {
    Part() { norm = register_module("norm", torch::nn::BatchNorm1d(3)); }
    torch::nn::BatchNorm1d norm = nullptr;
};

/// Two of them, in every mix of modes.
struct Whole : torch::nn::Module {
    Whole() {
        first = register_module("first", std::make_shared<Part>());
        second = register_module("second", std::make_shared<Part>());
    }
    std::vector<bool> modes() const {
        return {is_training(), first->is_training(), first->norm->is_training(), second->is_training(),
                second->norm->is_training()};
    }
    std::shared_ptr<Part> first, second;
};

TEST(EvalMode, EachPartHasItsOwnModeAgain) {
    Whole whole;
    whole.first->eval();        // frozen as a whole
    whole.second->norm->eval(); // its statistics alone
    const std::vector<bool> before = {true, false, false, true, false};
    ASSERT_EQ(whole.modes(), before);
    {
        const EvalMode mode(whole);
        EXPECT_EQ(whole.modes(), std::vector<bool>(5, false));
    }
    EXPECT_EQ(whole.modes(), before);
    whole.eval();
    whole.first->norm->train(); // a part that trains in a whole that does not
    EXPECT_THROW(
        {
            const EvalMode mode(whole);
            EXPECT_EQ(whole.modes(), std::vector<bool>(5, false));
            throw std::runtime_error("no picture");
        },
        std::runtime_error);
    EXPECT_EQ(whole.modes(), (std::vector<bool>{false, false, true, false, false}));
}

TEST(EvalMode, RecordsNoGradientsAndKeepsStatistics) {
    Whole whole;
    const at::Tensor input = torch::randn({4, 3});
    const at::Tensor mean = whole.first->norm->running_mean.clone();
    {
        const EvalMode mode(whole);
        EXPECT_FALSE(whole.first->norm->forward(input).requires_grad());
        EXPECT_TRUE(torch::equal(whole.first->norm->running_mean, mean));
    }
    EXPECT_TRUE(whole.first->norm->forward(input).requires_grad());
    EXPECT_FALSE(torch::equal(whole.first->norm->running_mean, mean));
    const torch::NoGradGuard outer;
    { const EvalMode mode(whole); }
    EXPECT_FALSE(whole.first->norm->forward(input).requires_grad());
}

class ChannelsLast : public BackboneFixture {};

TEST_F(ChannelsLast, WeightsOfConvolutionsChangeTheirFormatAndNoFeature) {
    const auto backbone = make("{backbone: resnet18, width: 8}", {32, 32, 3});
    const at::Tensor images = torch::randn({5, 3, 32, 32});
    const EvalMode mode(*backbone);
    const at::Tensor before = backbone->forward(images);
    prefer_channels_last(*backbone);
    std::int64_t kernels = 0;
    for (const at::Tensor& parameter : backbone->parameters()) {
        if (parameter.dim() == 4) {
            EXPECT_TRUE(parameter.is_contiguous(at::MemoryFormat::ChannelsLast));
            ++kernels;
        }
    }
    EXPECT_EQ(kernels, 20);
    EXPECT_TRUE(torch::allclose(backbone->forward(images), before, 1e-5, 1e-6));
}

} // namespace
} // namespace tacit::models
