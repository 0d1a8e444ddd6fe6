// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/recompute.hpp"

#include "tests/models/backbones/backbone_fixture.hpp"
#include "tests/models/wave.hpp"

#include <ATen/autocast_mode.h>
#include <torch/autograd.h>

namespace tacit::models {
namespace {

class RecomputeTest : public BackboneFixture {
  protected:
    struct Pass {
        at::Tensor features, of_images;
        std::vector<at::Tensor> gradients, buffers;
    };

    /// One training pass of `yaml`, with or without checkpointing.
    Pass pass(std::string yaml, bool checkpoint, bool bf16) {
        torch::manual_seed(5);
        yaml.insert(yaml.size() - 1, checkpoint ? ", checkpoint: true" : ", checkpoint: false");
        const auto backbone = make(yaml, {16, 16, 3});
        backbone->train();
        backbone->begin_step({}, torch::arange(4));
        auto images = wave({4, 3, 16, 16}, 0.37, 0.2).to(torch::kFloat).requires_grad_();
        at::autocast::set_autocast_enabled(at::kCPU, bf16);
        at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
        const auto features = backbone->forward(images);
        at::autocast::clear_cache();
        at::autocast::set_autocast_enabled(at::kCPU, false);
        features.to(torch::kFloat).square().mean().backward();
        Pass result{features.detach(), images.grad(), {}, backbone->buffers()};
        for (const auto& parameter : backbone->parameters()) {
            result.gradients.push_back(parameter.grad());
        }
        return result;
    }
};

TEST_F(RecomputeTest, FeaturesGradientsAndRunningStatisticsAreTheSameBits) {
    for (const std::string yaml : {"{backbone: resnet18, width: 4}", "{backbone: resnet50, width: 4}",
                                   "{backbone: resnet18, width: 4, stem: cifar, norm: group}",
                                   "{backbone: vit_tiny, width: 24, depth: 3, heads: 3, drop_path: 0.5}",
                                   "{backbone: vit_tiny, width: 24, depth: 2, positions: rotary, layer_scale: 0.1}"}) {
        for (const bool bf16 : {false, true}) {
            SCOPED_TRACE(yaml + (bf16 ? " bf16" : ""));
            const auto kept = pass(yaml, false, bf16);
            const auto again = pass(yaml, true, bf16);
            EXPECT_TRUE(torch::equal(again.features, kept.features));
            EXPECT_TRUE(torch::equal(again.of_images, kept.of_images));
            ASSERT_FALSE(kept.gradients.empty());
            for (std::size_t i = 0; i < kept.gradients.size(); ++i) {
                ASSERT_TRUE(again.gradients[i].defined()) << i;
                EXPECT_TRUE(torch::equal(again.gradients[i], kept.gradients[i])) << i;
            }
            for (std::size_t i = 0; i < kept.buffers.size(); ++i) {
                EXPECT_TRUE(torch::equal(again.buffers[i], kept.buffers[i])) << i;
            }
        }
    }
}

TEST_F(RecomputeTest, RunsTwiceWithAGradientAndOnceWithout) {
    int runs = 0;
    const auto weight = torch::full({3}, 2.0, torch::requires_grad());
    const auto run = [&](const at::Tensor& x) {
        ++runs;
        return x * weight;
    };
    const auto output = recomputed(run, torch::ones({3}), {weight});
    EXPECT_EQ(runs, 1);
    output.sum().backward();
    EXPECT_EQ(runs, 2);
    EXPECT_TRUE(torch::equal(weight.grad(), torch::ones({3})));
    const torch::NoGradGuard no_grad;
    recomputed(run, torch::ones({3}), {weight});
    EXPECT_EQ(runs, 3);
}

TEST_F(RecomputeTest, FrozenParametersGetNoGradient) {
    const auto frozen = torch::full({3}, 2.0);
    const auto weight = torch::full({3}, 3.0, torch::requires_grad());
    recomputed([&](const at::Tensor& x) { return x * frozen * weight; }, torch::ones({3}), {frozen, weight})
        .sum()
        .backward();
    EXPECT_FALSE(frozen.grad().defined());
    EXPECT_TRUE(torch::equal(weight.grad(), torch::full({3}, 2.0)));
}

TEST_F(RecomputeTest, GradientsOfGradientsAreRefused) {
    const auto weight = torch::full({3}, 2.0, torch::requires_grad());
    const auto output =
        recomputed([&](const at::Tensor& x) { return x * weight.square(); }, torch::ones({3}), {weight});
    EXPECT_THROW(torch::autograd::grad({output.sum()}, {weight}, {}, true, /*create_graph=*/true), std::logic_error);
}

} // namespace
} // namespace tacit::models
