// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/code_model.hpp"

#include "tests/models/pretext_inputs.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace tacit::models {
namespace {

TEST(AutoencoderFamily, EncodesAndDecodesImagesOfAnyShapeByEveryKindOfCodeAndDecoder) {
    const auto comm = dist::make_self_communicator();
    const augment::ImageShape shape{20, 28, 2};
    const std::string conv = "{backbone: convnet, width: 4, norm: group}";
    const std::string mlp = "{backbone: mlp, hidden: [20, 12], norm: none, activation: sigmoid}";
    for (const auto& [yaml, model, sizes] :
         std::vector<std::tuple<std::string, std::string, std::vector<std::int64_t>>>{
             {"{name: vae, latent: 6}", conv, {6}},
             {"{name: vae, latent: 6, code: map}", conv, {6}},
             {"{name: vae, latent: 6, decoder: mirror, tied: true}", mlp, {6}},
             {"{name: autoencoder}", conv, {256}},
             {"{name: autoencoder, code: map}", conv, {64, 3, 4}},
             {"{name: autoencoder, code: map, bottleneck: 9}", conv, {9}},
             {"{name: sparse_autoencoder, sparsity: l1, bottleneck: 0, code: map}", conv, {64, 3, 4}},
             {"{name: sparse_autoencoder, bottleneck: 0, code_activation: none, decoder: mirror}", mlp, {12}},
             {"{name: contractive_autoencoder, code: map, bottleneck: 5}", conv, {5}}}) {
        SCOPED_TRACE(yaml);
        const auto pretext = build_pretext(yaml, model, shape, *comm, 5);
        PretextInput input;
        input.views = {torch::rand({3, 2, 20, 28})};
        input.ids = torch::arange(3);
        input.global_count = 3;
        const auto result = pretext->loss(input);
        EXPECT_TRUE(result.loss.isfinite().item<bool>());
        std::set<std::string> declared;
        for (const auto& metric : pretext->metrics()) {
            declared.emplace(metric.name);
        }
        for (const auto& [name, value] : result.metrics) {
            EXPECT_EQ(declared.count(name), 1U) << name;
            EXPECT_FALSE(value.requires_grad()) << name;
        }
        auto* codes = pretext->codes();
        ASSERT_NE(codes, nullptr);
        EXPECT_EQ(codes->code_sizes(), sizes);
        EXPECT_EQ(codes->has_prior(), yaml.starts_with("{name: vae"));
        const auto code = codes->encode(input.views[0]);
        EXPECT_EQ(code.sizes().slice(1).vec(), sizes);
        EXPECT_EQ(codes->decode(code).sizes(), input.views[0].sizes());
    }
}

} // namespace
} // namespace tacit::models
