// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/batch_norm.hpp"

#include "pipeline/base/error.hpp"
#include "tests/mpi_main.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

constexpr std::int64_t kChannels = 19;

enum class Sharding { even, uneven, all_on_one_rank };

/// First row of rank r's shard of `rows`; rank size() is the end.
std::int64_t shard_begin(std::int64_t rows, int rank, Sharding sharding) {
    const auto ranks = static_cast<std::int64_t>(world().size());
    switch (sharding) {
    case Sharding::even:
        return rows * rank / ranks;
    case Sharding::uneven: // shares of 1 : 2 : 3 …
        return rows * rank * (rank + 1) / (ranks * (ranks + 1));
    case Sharding::all_on_one_rank: // the last rank; the others are empty
        return rank == ranks ? rows : 0;
    }
    return 0;
}

at::Tensor shard_of(const at::Tensor& global, Sharding sharding) {
    const std::int64_t begin = shard_begin(global.size(0), world().rank(), sharding);
    const std::int64_t end = shard_begin(global.size(0), world().rank() + 1, sharding);
    return global.narrow(0, begin, end - begin);
}

at::Tensor summed(at::Tensor tensor) {
    world().all_reduce_sum(tensor);
    return tensor;
}

double difference(const at::Tensor& actual, const at::Tensor& expected) {
    EXPECT_EQ(actual.sizes(), expected.sizes());
    return actual.numel() == 0 ? 0.0 : (actual.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
}

/// Two steps of PyTorch's own layer on the concatenated batch, and of ours on the shards.
template <typename Native> class Comparison {
  public:
    Comparison(std::vector<std::int64_t> shape, Sharding sharding,
               at::MemoryFormat format = at::MemoryFormat::Contiguous)
        : native_(kChannels), ours_(kChannels, world()), sharding_(sharding) {
        torch::manual_seed(5);
        native_->to(torch::kDouble);
        ours_->to(torch::kDouble);
        const torch::NoGradGuard no_grad;
        ours_->weight.copy_(native_->weight.uniform_(0.5, 2));
        ours_->bias.copy_(native_->bias.normal_());
        input_ = (torch::randn(shape, torch::kDouble) * 3 + 7).contiguous(format);
        upstream_ = torch::randn(shape, torch::kDouble);
    }

    void run() {
        for (int step = 0; step < 2; ++step) {
            const at::Tensor global = (input_ * (step + 1)).requires_grad_();
            const at::Tensor expected = native_->forward(global);
            (expected * upstream_).sum().backward();
            const at::Tensor local = shard_of(input_ * (step + 1), sharding_).detach().requires_grad_();
            const at::Tensor actual = ours_->forward(local);
            (actual * shard_of(upstream_, sharding_)).sum().backward();
            EXPECT_LE(difference(actual, shard_of(expected, sharding_)), 1e-12);
            EXPECT_LE(difference(local.grad(), shard_of(global.grad(), sharding_)), 1e-12);
        }
        const double gradient_size = native_->weight.grad().abs().max().template item<double>();
        EXPECT_LE(difference(summed(ours_->weight.grad()), native_->weight.grad()), 1e-12 * gradient_size);
        EXPECT_LE(difference(summed(ours_->bias.grad()), native_->bias.grad()), 1e-12 * gradient_size);
        EXPECT_LE(difference(ours_->running_mean, native_->running_mean), 1e-12);
        EXPECT_LE(difference(ours_->running_var, native_->running_var), 1e-12);
        EXPECT_EQ(ours_->num_batches_tracked.template item<std::int64_t>(), 2);
    }

  private:
    Native native_;
    BatchNorm ours_;
    Sharding sharding_;
    at::Tensor input_, upstream_;
};

TEST(BatchNorm, EqualsNativeOnTheConcatenatedBatch) {
    Comparison<torch::nn::BatchNorm2d>({12, kChannels, 5, 3}, Sharding::even).run();
}

TEST(BatchNorm, EqualsNativeForChannelsLast) {
    Comparison<torch::nn::BatchNorm2d>({12, kChannels, 5, 3}, Sharding::even, at::MemoryFormat::ChannelsLast).run();
}

TEST(BatchNorm, EqualsNativeForVectors) {
    Comparison<torch::nn::BatchNorm1d>({24, kChannels}, Sharding::even).run();
}

TEST(BatchNorm, EqualsNativeOnUnevenShards) {
    Comparison<torch::nn::BatchNorm2d>({11, kChannels, 4, 4}, Sharding::uneven).run();
    Comparison<torch::nn::BatchNorm1d>({23, kChannels}, Sharding::uneven).run();
}

TEST(BatchNorm, EqualsNativeWithEmptyShards) {
    Comparison<torch::nn::BatchNorm2d>({6, kChannels, 4, 4}, Sharding::all_on_one_rank).run();
    Comparison<torch::nn::BatchNorm2d>({6, kChannels, 4, 4}, Sharding::all_on_one_rank, at::MemoryFormat::ChannelsLast)
        .run();
    Comparison<torch::nn::BatchNorm1d>({9, kChannels}, Sharding::all_on_one_rank).run();
}

/// |d (output . upstream) / d input|^2 weighed by `mask`, as a gradient penalty; of this rank's rows.
template <typename Layer>
at::Tensor penalty(Layer& layer, const at::Tensor& input, const at::Tensor& upstream, const at::Tensor& mask) {
    const at::Tensor output = (layer->forward(input) * upstream).sum();
    return (torch::autograd::grad({output}, {input}, {}, true, true).front().square() * mask).sum();
}

void expect_gradients_of_gradients_of_native(const std::vector<std::int64_t>& shape, Sharding sharding) {
    torch::manual_seed(6);
    const at::Tensor global = torch::randn(shape, torch::kDouble).mul_(2).add_(3).requires_grad_();
    const at::Tensor upstream = torch::randn(shape, torch::kDouble), mask = torch::rand(shape, torch::kDouble);
    torch::nn::BatchNorm2d native(kChannels);
    BatchNorm ours(kChannels, world());
    native->to(torch::kDouble);
    ours->to(torch::kDouble);
    {
        const torch::NoGradGuard no_grad;
        ours->weight.copy_(native->weight.uniform_(0.5, 2));
    }
    penalty(native, global, upstream, mask).backward();
    const at::Tensor local = shard_of(global.detach(), sharding).clone().requires_grad_();
    penalty(ours, local, shard_of(upstream, sharding), shard_of(mask, sharding)).backward();
    const double size = global.grad().abs().max().item<double>();
    EXPECT_GT(size, 1e-3);
    EXPECT_LE(difference(local.grad(), shard_of(global.grad(), sharding)), 1e-11 * size);
    EXPECT_LE(difference(summed(ours->weight.grad().clone()), native->weight.grad()),
              1e-11 * native->weight.grad().abs().max().item<double>());
}

TEST(BatchNorm, GradientsOfGradientsEqualNativeOnTheConcatenatedBatch) {
    expect_gradients_of_gradients_of_native({12, kChannels, 3, 2}, Sharding::even);
    expect_gradients_of_gradients_of_native({11, kChannels, 3, 2}, Sharding::uneven);
}

/// Of a layer with ReLU and maybe a residual, in one pass or by an operator each: the output and all gradients.
std::vector<at::Tensor> normalised_and_rectified(bool one_pass, bool with_residual, at::ScalarType type,
                                                 at::MemoryFormat format) {
    torch::manual_seed(11 + world().rank());
    const std::vector<std::int64_t> shape = {6, kChannels, 5, 3};
    const auto sample = [&] { return torch::randn(shape, torch::kDouble).to(type).contiguous(format); };
    const at::Tensor input = (sample() * 2 + 1).requires_grad_();
    const at::Tensor residual = with_residual ? sample().requires_grad_() : at::Tensor();
    const at::Tensor upstream = sample();
    BatchNorm layer(kChannels, world());
    if (type == torch::kDouble) {
        layer->to(torch::kDouble);
    }
    at::Tensor output;
    if (one_pass) {
        output = layer->forward_relu(input, residual);
    } else {
        output = layer->forward(input);
        output = with_residual ? output.add_(residual).relu_() : output.relu_();
    }
    (output * upstream).sum().backward();
    std::vector<at::Tensor> all = {output, input.grad(), layer->weight.grad(), layer->bias.grad()};
    if (with_residual) {
        all.push_back(residual.grad());
    }
    return all;
}

TEST(BatchNorm, ReluAndResidualInOnePassHaveTheBitsOfOperatorsOfTheirOwn) {
    for (const auto type : {torch::kDouble, torch::kFloat, torch::kBFloat16}) {
        for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
            for (const bool with_residual : {false, true}) {
                const auto actual = normalised_and_rectified(true, with_residual, type, format);
                const auto expected = normalised_and_rectified(false, with_residual, type, format);
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    EXPECT_TRUE(at::equal(actual[i], expected[i]))
                        << i << " of " << type << ", " << format << (with_residual ? ", with a residual" : "");
                    EXPECT_EQ(actual[i].strides(), expected[i].strides());
                }
                EXPECT_GT((expected[0] == 0).sum().item<std::int64_t>(), 0);
            }
        }
    }
}

TEST(BatchNorm, GradientsOfGradientsPassAReluInTheSamePass) {
    torch::manual_seed(6 + world().rank());
    const at::Tensor input = torch::randn({5, kChannels, 3, 2}, torch::kDouble).mul_(2).add_(3);
    const at::Tensor residual = torch::randn_like(input), upstream = torch::randn_like(input);
    BatchNorm layer(kChannels, world());
    layer->to(torch::kDouble);
    const auto gradients = [&](bool one_pass) {
        layer->zero_grad();
        const at::Tensor x = input.clone().requires_grad_(), r = residual.clone().requires_grad_();
        const at::Tensor y = one_pass ? layer->forward_relu(x, r) : (layer->forward(x) + r).relu();
        const auto first = torch::autograd::grad({(y.square() * upstream).sum()}, {x, r}, {}, true, true);
        (first[0].square().sum() + first[1].square().sum()).backward();
        return std::vector<at::Tensor>{x.grad(), r.grad(), layer->weight.grad().clone()};
    };
    const auto actual = gradients(true), expected = gradients(false);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_GT(expected[i].abs().max().item<double>(), 1e-3);
        EXPECT_LE(difference(actual[i], expected[i]), 1e-11 * expected[i].abs().max().item<double>());
    }
}

TEST(BatchNorm, RefusesAResidualOfAnotherShape) {
    BatchNorm layer(kChannels, world());
    EXPECT_THROW(layer->forward_relu(torch::zeros({4, kChannels}), torch::zeros({1, kChannels})),
                 std::invalid_argument);
}

TEST(BatchNorm, StatisticsOfFloatDataFarFromZeroDoNotCancel) {
    torch::manual_seed(9);
    const at::Tensor global = torch::randn({64, kChannels, 4, 4}) + 1e4;
    BatchNorm layer(kChannels, world(), 1e-5, 1.0);
    layer->forward(shard_of(global, Sharding::even));
    const at::Tensor wide = global.to(torch::kDouble);
    const at::Tensor variance = wide.var({0, 2, 3}, true);
    EXPECT_LE(difference(layer->running_var / variance, torch::ones({kChannels})), 1e-5);
    EXPECT_LE(difference(layer->running_mean / wide.mean(std::vector<std::int64_t>{0, 2, 3}), torch::ones({kChannels})),
              1e-5);
}

TEST(BatchNorm, OutputOfFloatDataFarFromZeroIsAccurate) {
    torch::manual_seed(9);
    const at::Tensor global = torch::randn({64, kChannels, 4, 4}) + 1e4;
    BatchNorm layer(kChannels, world());
    const at::Tensor actual = layer->forward(shard_of(global, Sharding::even));
    const at::Tensor wide = global.to(torch::kDouble);
    const at::Tensor expected = at::batch_norm(wide, {}, {}, {}, {}, true, 0.1, 1e-5, false);
    EXPECT_LE(difference(actual, shard_of(expected, Sharding::even)), 1e-5);
}

TEST(BatchNorm, StatisticsHaveTheSameBitsOnAllRanks) {
    torch::manual_seed(world().rank());
    BatchNorm layer(kChannels, world());
    layer->forward(torch::randn({8, kChannels, 4, 4}) * 5 + 2);
    for (const at::Tensor& buffer : {layer->running_mean, layer->running_var}) {
        at::Tensor roots = buffer.clone();
        world().broadcast(roots, 0);
        if (world().size() > 1) {
            EXPECT_TRUE(at::equal(buffer, roots));
        }
    }
}

TEST(BatchNorm, EvaluationUsesRunningStatistics) {
    BatchNorm layer(kChannels, world());
    torch::manual_seed(2);
    layer->running_mean.normal_();
    layer->running_var.uniform_(0.5, 2);
    const at::Tensor mean = layer->running_mean.clone();
    layer->eval();
    const at::Tensor input = torch::randn({world().rank() + 1, kChannels, 2, 2}); // no communication: any shapes
    const at::Tensor scale = (layer->running_var + 1e-5).rsqrt();
    const at::Tensor expected = (input - mean.view({1, -1, 1, 1})) * scale.view({1, -1, 1, 1});
    EXPECT_LE(difference(layer->forward(input), expected), 1e-5);
    EXPECT_TRUE(at::equal(layer->running_mean, mean));
    EXPECT_EQ(layer->num_batches_tracked.item<std::int64_t>(), 0);
}

TEST(BatchNorm, KeepsChannelsLastInOutputAndGradient) {
    BatchNorm layer(kChannels, world());
    const at::Tensor input =
        torch::randn({4, kChannels, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    const at::Tensor output = layer->forward(input);
    EXPECT_TRUE(output.is_contiguous(at::MemoryFormat::ChannelsLast));
    output.square().sum().backward();
    EXPECT_TRUE(input.grad().is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(BatchNorm, TakesBfloat16ActivationsWithFloatStatistics) {
    torch::manual_seed(4);
    const at::Tensor global = (torch::randn({16, kChannels, 4, 4}) + 3).to(torch::kBFloat16);
    BatchNorm layer(kChannels, world(), 1e-5, 1.0);
    const at::Tensor local = shard_of(global, Sharding::even).detach().requires_grad_();
    const at::Tensor output = layer->forward(local);
    EXPECT_EQ(output.scalar_type(), torch::kBFloat16);
    output.to(torch::kFloat).square().sum().backward();
    EXPECT_EQ(local.grad().scalar_type(), torch::kBFloat16);
    EXPECT_EQ(layer->weight.grad().scalar_type(), torch::kFloat);
    const at::Tensor variance = global.to(torch::kDouble).var({0, 2, 3}, true);
    EXPECT_LE(difference(layer->running_var / variance, torch::ones({kChannels})), 1e-5);
}

TEST(BatchNorm, RecoversAfterABatchThatWasNotFinite) {
    BatchNorm layer(kChannels, world());
    layer->running_mean.fill_(std::numeric_limits<float>::quiet_NaN());
    const at::Tensor output = layer->forward(torch::randn({8, kChannels}));
    EXPECT_TRUE(at::isfinite(output).all().item<bool>());
}

TEST(BatchNorm, KeepsItsRunningStatisticsFiniteInABatchThatIsNot) {
    BatchNorm layer(kChannels, world());
    at::Tensor input = torch::randn({8, kChannels});
    input[0][2] = std::numeric_limits<float>::infinity();
    layer->forward(input);
    EXPECT_TRUE(at::isfinite(layer->running_mean).all().item<bool>());
    EXPECT_TRUE(at::isfinite(layer->running_var).all().item<bool>());
    EXPECT_EQ(layer->running_mean[2].item<float>(), 0);
    EXPECT_NE(layer->running_mean[3].item<float>(), 0);
}

TEST(BatchNorm, RefusesAnotherNumberOfChannels) {
    BatchNorm layer(kChannels, world());
    EXPECT_THROW(layer->forward(torch::zeros({4, kChannels + 1})), std::invalid_argument);
    EXPECT_THROW(layer->forward(torch::zeros({kChannels})), std::invalid_argument);
}

TEST(BatchNorm, RefusesOneValueInTheGlobalBatch) {
    BatchNorm layer(kChannels, world());
    const at::Tensor global = torch::zeros({1, kChannels});
    EXPECT_THROW(layer->forward(shard_of(global, Sharding::all_on_one_rank)), ConfigError);
    EXPECT_EQ(layer->num_batches_tracked.item<std::int64_t>(), 0);
}

TEST(BatchNorm, NamesParametersAsTorchvision) {
    BatchNorm layer(3, world());
    std::vector<std::string> names;
    for (const auto& item : layer->named_parameters()) {
        names.push_back(item.key());
    }
    for (const auto& item : layer->named_buffers()) {
        names.push_back(item.key());
    }
    EXPECT_EQ(names,
              (std::vector<std::string>{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}));
}

} // namespace
} // namespace tacit::dist
