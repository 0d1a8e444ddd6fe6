// SPDX-License-Identifier: Apache-2.0
#include "models/losses/ssim.hpp"
#include "pipeline/base/error.hpp"
#include "tests/models/autoencoder/autoencoders.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <set>
#include <string>
#include <utility>

namespace tacit::models {
namespace {

std::string refusal_of(const std::string& options, const std::string& model, dist::Communicator& comm) {
    try {
        autoencoder(options, model, comm);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

/// The networks of tests/oracle/methods/autoencoder.py against the fixture.
void expect_network(at::ScalarType type, double limit) {
    const auto comm = dist::make_self_communicator();
    const auto oracle = method_fixture("autoencoder");
    const auto images = wave({3, 1, 13, 13}, 0.37, 0.3).square().to(type);
    for (const bool tied : {false, true}) {
        for (const std::string loss : {"mse", "l1", "bce", "ssim"}) {
            const auto key = fmt::format("{}.{}", tied ? "tied" : "free", loss);
            SCOPED_TRACE(key);
            const auto pretext =
                autoencoder(fmt::format("loss: {}, bottleneck: 4, decoder: mirror, tied: {}", loss, tied),
                            "{backbone: mlp, hidden: [7], norm: none, activation: tanh}", *comm, {13, 13, 1});
            pretext->to(torch::kDouble);
            fill_by_formula(*pretext);
            pretext->to(type);
            const auto result = pretext->loss(input_of(images)).loss;
            result.backward();
            EXPECT_LT(relative_difference(result.detach(), oracle.at(key + ".loss")), limit);
            const auto parameters = pretext->named_parameters();
            EXPECT_EQ(parameters.size(), tied ? 6U : 8U);
            // Where images are flat, SSIM divides by little and makes much of the last bits of what it is given.
            const double slack = loss == "ssim" ? 10 : 1;
            for (const auto& item : parameters) {
                const auto gradient = item.value().grad();
                const bool whole = gradient.dim() == 1 || gradient.numel() < 100;
                EXPECT_LT(relative_difference(whole ? gradient : gradient.sum(1), oracle.at(key + "." + item.key())),
                          slack * limit)
                    << item.key();
            }
        }
    }
}

TEST(AutoencoderNetwork, LossesAndGradientsAreTorchsInFloat64) {
    expect_network(torch::kDouble, 1e-10);
}

TEST(AutoencoderNetwork, LossesAndGradientsAreTorchsInFloat32) {
    expect_network(torch::kFloat, 1e-5);
}

TEST(Ssim, IsThatOfScikitImageOfEveryChannelAndShape) {
    const auto oracle = method_fixture("autoencoder");
    const auto images = wave({3, 2, 13, 17}, 0.37, 0.3).square();
    const auto others = wave({3, 2, 13, 17}, 0.41, 0.9).square();
    for (const int window : {7, 11}) {
        EXPECT_LT(relative_difference(ssim(images, others, window), oracle.at(fmt::format("ssim.{}", window))), 1e-12);
    }
    EXPECT_LT((ssim(images, images) - 1).abs().max().item<double>(), 1e-12);
}

TEST(Ssim, OfFloat32ImagesIsThatOfTheSameInFloat64) {
    const auto images = wave({3, 2, 13, 17}, 0.37, 0.3).square().to(torch::kFloat);
    const auto gradient = [&](at::ScalarType type) {
        const auto others = wave({3, 2, 13, 17}, 0.41, 0.9).square().to(torch::kFloat).to(type).requires_grad_();
        const auto loss = ssim_share(others, images.to(type), 3);
        EXPECT_EQ(loss.scalar_type(), type);
        return std::pair{loss.detach(), torch::autograd::grad({loss}, {others})[0]};
    };
    const auto [loss, by_others] = gradient(torch::kFloat);
    const auto [exact_loss, exact_by_others] = gradient(torch::kDouble);
    EXPECT_LT(relative_difference(loss, exact_loss), 1e-6);
    EXPECT_LT(relative_difference(by_others, exact_by_others), 1e-6);
}

TEST(Ssim, ShareOfAnUnrelatedConstantIsNearlyOne) {
    const auto black = torch::zeros({2, 1, 11, 11}, torch::kDouble);
    // Means 0 and 1: (2 * 0 + c1) / (1 + c1) with c1 = 1e-4; equal variances of 0.
    EXPECT_NEAR(ssim_share(black, black + 1, 2).item<double>(), 1 - 1e-4 / 1.0001, 1e-12);
}

TEST(Autoencoder, TiedDecodersHaveNoMatricesOfTheirOwn) {
    const auto comm = dist::make_self_communicator();
    const auto tied = autoencoder("decoder: mirror, tied: true, bottleneck: 5", kTanhMlp, *comm);
    std::set<std::string> names;
    for (const auto& item : tied->named_parameters()) {
        if (item.key().starts_with("decoder.")) {
            names.insert(item.key());
        }
    }
    EXPECT_EQ(names, (std::set<std::string>{"decoder.bias1", "decoder.bias2", "decoder.bias3"}));
}

TEST(Autoencoder, MirrorsHaveTheTransposedShapesOfTheEncoderAndSayThem) {
    const auto comm = dist::make_self_communicator();
    const auto pretext = autoencoder("decoder: mirror, bottleneck: 5", kTanhMlp, *comm);
    const auto parameters = pretext->named_parameters();
    for (const auto& [decoder, encoder] : {std::pair{"decoder.linear1", "backbone.linear1"},
                                           {"decoder.linear2", "backbone.linear2"},
                                           {"decoder.linear3", "bottleneck"}}) {
        EXPECT_EQ(parameters[std::string(decoder) + ".weight"].sizes(),
                  parameters[std::string(encoder) + ".weight"].t().sizes());
    }
    EXPECT_EQ(pretext->describe(), "decoder: 5 -> 12 -> 24 -> 768 = 3 x 16 x 16");
}

TEST(Autoencoder, ConvolutionalDecodersSayTheShapesThatTheyGive) {
    const auto comm = dist::make_self_communicator();
    const std::string model = "{backbone: convnet, width: 4}";
    EXPECT_EQ(autoencoder("bottleneck: 10", model, *comm, {32, 48, 3})->describe(),
              "decoder: 10 -> spread 16 x 4 x 6 -> up1 16 x 8 x 12 -> up2 16 x 16 x 24 -> up3 16 x 32 x 48 -> out 3 x "
              "32 x 48");
    // o = (i - 1) s + (k - 1) - 2 p + op + 1: (7 - 1) 2 + 4 - 2 + 1 + 1 = 16 of 7, (16 - 1) 2 + 4 = 34 of 16
    EXPECT_EQ(autoencoder("code: map, decoder_kernel: 5, decoder_output_padding: 1, decoder_width: 8", model, *comm,
                          {50, 50, 1})
                  ->describe(),
              "decoder: 64 x 7 x 7 -> up1 16 x 16 x 16 -> up2 8 x 34 x 34 -> resized 8 x 50 x 50 -> out 1 x 50 x 50");
}

TEST(Autoencoder, EveryGeometryDrawsTheShapesItSays) {
    const auto comm = dist::make_self_communicator();
    const std::string model = "{backbone: convnet, width: 4}";
    for (const auto* up : {"decoder_kernel: 3, decoder_output_padding: 1", "decoder_kernel: 2, decoder_padding: 0",
                           "decoder_kernel: 5, decoder_stride: 3", "decoder_kernel: 6, decoder_stride: 1",
                           "decoder_kernel: 4, decoder_stride: 4, decoder_padding: 0, decoder_output_padding: 3"}) {
        for (const auto* code : {"code: map", "code: pooled"}) {
            SCOPED_TRACE(fmt::format("{}, {}", up, code));
            const auto pretext = autoencoder(fmt::format("{}, {}", up, code), model, *comm, {29, 37, 2});
            const auto images = torch::rand({2, 2, 29, 37});
            EXPECT_EQ(pretext->codes()->decode(pretext->codes()->encode(images)).sizes(), images.sizes());
        }
    }
}

TEST(Autoencoder, GeometriesThatCannotGrowMapsAreRefusedWithTheFormula) {
    const auto comm = dist::make_self_communicator();
    const std::string model = "{backbone: convnet, width: 4}";
    EXPECT_NE(refusal_of("decoder_kernel: 1, decoder_stride: 1, decoder_padding: 0", model, *comm)
                  .find("pretext.decoder_kernel: 2 pixels would become (2 - 1) 1 + (1 - 1) - 2 0 + 0 + 1 = 2"),
              std::string::npos);
    EXPECT_NE(refusal_of("decoder_output_padding: 2", model, *comm).find("must be less than the stride"),
              std::string::npos);
}

TEST(Autoencoder, WhatDoesNotFitTogetherIsRefused) {
    const auto comm = dist::make_self_communicator();
    const std::string conv = "{backbone: convnet, width: 4}";
    EXPECT_NE(refusal_of("decoder: mirror", conv, *comm).find("model.backbone is convnet"), std::string::npos);
    EXPECT_NE(refusal_of("loss: bce, output: linear", conv, *comm).find("pretext.output"), std::string::npos);
    EXPECT_NE(refusal_of("loss: ssim, ssim_window: 17", conv, *comm).find("at most the images' 16"), std::string::npos);
    EXPECT_NE(refusal_of("loss: ssim, ssim_window: 8", conv, *comm).find("odd"), std::string::npos);
    EXPECT_NE(refusal_of("layerwise_epochs: 1", conv, *comm).find("decoder: mirror"), std::string::npos);
    EXPECT_NE(refusal_of("tied: true", conv, *comm), ""); // a key of the mirror
}

TEST(Autoencoder, SigmoidOutputsAndSsimNeedPixelsInTheUnitRange) {
    const auto comm = dist::make_self_communicator();
    for (const auto* options : {"output: sigmoid", "loss: ssim", "loss: l1, output: sigmoid"}) {
        const auto pretext = autoencoder(options, "{backbone: convnet, width: 4}", *comm);
        EXPECT_THROW(pretext->loss(input_of(torch::randn({4, 3, 16, 16}))), ConfigError) << options;
        const auto inside = input_of(torch::rand({4, 3, 16, 16}));
        EXPECT_TRUE(pretext->loss(inside).loss.isfinite().item<bool>());
        const auto output = pretext->pictures(inside).at(0).images.select(1, 1);
        EXPECT_GE(output.min().item<double>(), options == std::string("loss: ssim, output: linear") ? -1 : 0);
        EXPECT_LE(output.max().item<double>(), 1);
    }
}

} // namespace
} // namespace tacit::models
