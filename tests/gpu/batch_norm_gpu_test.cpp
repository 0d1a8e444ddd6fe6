// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/batch_norm.hpp"

#include "dist/backends/nccl_communicator.hpp"
#include "pipeline/base/error.hpp"
#include "tests/gpu/gpu_test.hpp"

#include <algorithm>
#include <limits>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

constexpr std::int64_t kChannels = 19;

double distance(const at::Tensor& actual, const at::Tensor& expected) {
    EXPECT_EQ(actual.sizes(), expected.sizes());
    const at::Tensor wide = expected.cpu().to(at::kDouble);
    return (actual.cpu().to(at::kDouble) - wide).abs().max().item<double>() /
           std::max(1.0, wide.abs().max().item<double>());
}

/// A layer on each device with the same weights, of `type`.
class BatchNormGpuTest : public GpuTest {
  protected:
    void make(at::ScalarType type) {
        torch::manual_seed(5);
        on_cpu_ = BatchNorm(kChannels, *self_);
        on_gpu_ = BatchNorm(kChannels, *nccl_);
        const torch::NoGradGuard no_grad;
        on_cpu_->to(type);
        on_cpu_->weight.uniform_(0.5, 2);
        on_cpu_->bias.normal_();
        on_gpu_->to(at::kCUDA, type);
        on_gpu_->weight.copy_(on_cpu_->weight);
        on_gpu_->bias.copy_(on_cpu_->bias);
    }

    void compare(const at::Tensor& input, double tolerance) {
        const at::Tensor upstream = torch::randn(input.sizes(), at::kDouble).to(input.scalar_type());
        at::Tensor host = input.detach().clone().requires_grad_();
        at::Tensor device = input.detach().to(at::kCUDA).requires_grad_();
        const at::Tensor expected = on_cpu_->forward(host);
        const at::Tensor actual = on_gpu_->forward(device);
        (expected * upstream).sum().backward();
        (actual * upstream.to(at::kCUDA)).sum().backward();
        EXPECT_LE(distance(actual, expected), tolerance);
        EXPECT_LE(distance(device.grad(), host.grad()), tolerance);
        EXPECT_LE(distance(on_gpu_->weight.grad(), on_cpu_->weight.grad()), tolerance);
        EXPECT_LE(distance(on_gpu_->bias.grad(), on_cpu_->bias.grad()), tolerance);
        EXPECT_LE(distance(on_gpu_->running_mean, on_cpu_->running_mean), tolerance);
        EXPECT_LE(distance(on_gpu_->running_var, on_cpu_->running_var), tolerance);
        EXPECT_TRUE(at::equal(on_gpu_->num_batches_tracked.cpu(), on_cpu_->num_batches_tracked));
    }

    std::unique_ptr<Communicator> self_ = make_self_communicator();
    std::unique_ptr<Communicator> nccl_ = make_nccl_communicator(make_self_communicator());
    BatchNorm on_cpu_ = nullptr, on_gpu_ = nullptr;
};

TEST_F(BatchNormGpuTest, InFp64IsThatOfTheCpu) {
    make(at::kDouble);
    compare(torch::randn({8, kChannels, 7, 5}, at::kDouble) * 3 + 7, 1e-10);
    compare(torch::randn({8, kChannels, 7, 5}, at::kDouble) * 2 - 1, 1e-10);
}

TEST_F(BatchNormGpuTest, InFp32IsThatOfTheCpuInBothMemoryFormatsAndOfVectors) {
    make(at::kFloat);
    const at::Tensor images = torch::randn({16, kChannels, 12, 12}) * 3 + 7;
    compare(images, 1e-4);
    compare(images.contiguous(at::MemoryFormat::ChannelsLast), 1e-4);
    compare(torch::randn({64, kChannels}), 1e-4);
}

TEST_F(BatchNormGpuTest, TakesBfloat16AsAutocastGivesIt) {
    make(at::kFloat);
    const at::Tensor images = torch::randn({16, kChannels, 12, 12}).to(at::kBFloat16);
    const at::Tensor output = on_gpu_->forward(images.to(at::kCUDA));
    EXPECT_EQ(output.scalar_type(), at::kBFloat16);
    EXPECT_LE(distance(output, on_cpu_->forward(images.to(at::kFloat))), 0.02);
    EXPECT_LE(distance(on_gpu_->running_var, on_cpu_->running_var), 1e-3);
}

TEST_F(BatchNormGpuTest, ABatchThatIsNotFiniteLeavesTheRunningStatistics) {
    make(at::kFloat);
    at::Tensor images = torch::randn({4, kChannels, 3, 3}, at::kCUDA);
    on_gpu_->forward(images);
    const at::Tensor mean = on_gpu_->running_mean.clone();
    images[2][7][1][1] = std::numeric_limits<float>::quiet_NaN();
    on_gpu_->forward(images);
    EXPECT_TRUE(on_gpu_->running_mean.isfinite().all().item<bool>());
    EXPECT_TRUE(on_gpu_->running_var.isfinite().all().item<bool>());
    EXPECT_EQ(on_gpu_->running_mean[7].item<float>(), mean[7].item<float>());
    EXPECT_NE(on_gpu_->running_mean[6].item<float>(), mean[6].item<float>());
}

TEST_F(BatchNormGpuTest, GradientsOfGradientsAreThoseOfTheCpu) {
    make(at::kDouble);
    const at::Tensor values = torch::randn({6, kChannels, 3, 3}, at::kDouble);
    const auto second = [&](BatchNorm& layer, const at::Tensor& input) {
        at::Tensor x = input.requires_grad_();
        const at::Tensor gradient =
            torch::autograd::grad({layer->forward(x).square().sum()}, {x}, {}, true, true).front();
        return torch::autograd::grad({gradient.pow(3).sum()}, {x}).front();
    };
    EXPECT_LE(distance(second(on_gpu_, values.to(at::kCUDA)), second(on_cpu_, values.clone())), 1e-8);
}

TEST_F(BatchNormGpuTest, ReluAndResidualAreThoseOfTheCpu) {
    make(at::kDouble);
    const at::Tensor values = torch::randn({6, kChannels, 3, 3}, at::kDouble), other = torch::randn_like(values);
    const auto run = [&](BatchNorm& layer, at::DeviceType device) {
        const at::Tensor x = values.to(device).clone().requires_grad_(), r = other.to(device).clone().requires_grad_();
        const at::Tensor y = layer->forward_relu(x, r);
        y.square().sum().backward();
        return std::vector<at::Tensor>{y.detach(), x.grad(), r.grad()};
    };
    const auto actual = run(on_gpu_, at::kCUDA), expected = run(on_cpu_, at::kCPU);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_LE(distance(actual[i], expected[i]), 1e-10) << i;
    }
    EXPECT_GT((expected[0] == 0).sum().item<std::int64_t>(), 0);
}

TEST_F(BatchNormGpuTest, OneValueAChannelIsRefused) {
    make(at::kFloat);
    EXPECT_THROW(on_gpu_->forward(torch::randn({1, kChannels}, at::kCUDA)), ConfigError);
}

} // namespace
} // namespace tacit::dist
