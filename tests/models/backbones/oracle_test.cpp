// SPDX-License-Identifier: Apache-2.0
// Networks beside those of torchvision and timm with the same weights (tests/oracle/backbone_fixtures.py).
#include "tests/models/backbones/backbone_fixture.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <ostream>

namespace tacit::models {
namespace {

struct OracleCase {
    const char* name;
    const char* yaml;
    const char* first; ///< weight whose gradient is compared
    int height;
    int width;
    friend std::ostream& operator<<(std::ostream& out, const OracleCase& oracle) { return out << oracle.name; }
};

class BackboneOracle : public BackboneFixture, public testing::WithParamInterface<OracleCase> {};

at::Tensor thinned(const at::Tensor& features) {
    return features.slice(1, 0, features.size(1), 8);
}

TEST_P(BackboneOracle, FeaturesAndGradientsAreThoseOfTheLibrary) {
    const auto& [name, yaml, first, height, width] = GetParam();
    static const auto oracle = fixture("backbones");
    const auto expected = [&, stem = std::string(name)](const char* what) { return oracle.at(stem + "." + what); };
    const auto backbone = make(yaml, {height, width, 3});
    backbone->to(torch::kDouble);
    fill_by_formula(*backbone);
    const auto images = wave({2, 3, height, width}, 0.0113, 0.5);
    backbone->eval();
    EXPECT_LT(relative_difference(thinned(backbone->forward(images)), expected("eval")), 1e-8);
    if (oracle.count(std::string(name) + ".train") == 0) {
        return;
    }
    backbone->train();
    const auto features = backbone->forward(images);
    EXPECT_LT(relative_difference(thinned(features), expected("train")), 1e-6);
    features.square().mean().backward();
    EXPECT_LT(relative_difference(backbone->named_parameters()[first].grad().flatten(1).sum(1), expected("gradient")),
              1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    ResNets, BackboneOracle,
    testing::Values(OracleCase{"resnet34", "{backbone: resnet34, stem: standard}", "conv1.weight", 40, 32},
                    OracleCase{"resnet50", "{backbone: resnet50}", "conv1.weight", 16, 8},
                    OracleCase{"resnet50_group", "{backbone: resnet50, stem: standard, norm: group}", "conv1.weight",
                               32, 32},
                    OracleCase{"resnet101", "{backbone: resnet101, stem: standard}", "conv1.weight", 32, 32},
                    OracleCase{"wide_resnet50_2", "{backbone: wide_resnet50_2}", "conv1.weight", 8, 8}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

} // namespace
} // namespace tacit::models
