// SPDX-License-Identifier: Apache-2.0
#include "eval/map.hpp"

#include <cmath>
#include <torch/types.h>
#include <torch/utils.h>

#include <gtest/gtest.h>

namespace tacit::eval {
namespace {

/// Two clouds of 60 points in 20 dimensions, ten standard deviations apart.
at::Tensor two_clouds() {
    torch::manual_seed(4);
    at::Tensor points = torch::randn({120, 20});
    points.narrow(0, 60, 60) += 10.0 / std::sqrt(20.0) * torch::ones({20});
    return points;
}

TEST(Tsne, KeepsTwoCloudsApart) {
    const at::Tensor map = tsne(two_clouds(), {20, 400});
    const at::Tensor distance = torch::cdist(map, map);
    at::Tensor same = torch::zeros({120, 120}, torch::kBool);
    same.narrow(0, 0, 60).narrow(1, 0, 60).fill_(true);
    same.narrow(0, 60, 60).narrow(1, 60, 60).fill_(true);
    const at::Tensor own = distance.masked_fill(~same, 1e9).fill_diagonal_(1e9).argmin(1);
    const at::Tensor cloud = torch::arange(120).ge(60);
    EXPECT_TRUE(cloud.index_select(0, own).equal(cloud)); // every point's nearest neighbour is of its own cloud
    EXPECT_GT(distance.masked_select(~same).mean().item<float>(),
              2 * distance.masked_select(same).mean().item<float>());
}

TEST(Tsne, GivesTheSameMapTwice) {
    EXPECT_TRUE(tsne(two_clouds(), {20, 50}).equal(tsne(two_clouds(), {20, 50})));
}

TEST(Tsne, ManagesFewPointsAndDuplicates) {
    at::Tensor points = torch::zeros({5, 3});
    points[4] = 1;
    EXPECT_TRUE(tsne(points, {30, 50}).isfinite().all().item<bool>());
}

TEST(PrincipalComponents, FollowTheLargestVariance) {
    torch::manual_seed(1);
    const at::Tensor scale = torch::tensor({0.1F, 5.0F, 1.0F});
    const at::Tensor points = torch::randn({500, 3}) * scale;
    const at::Tensor found = principal_components(points, 2);
    const at::Tensor first = points.select(1, 1) - points.select(1, 1).mean();
    EXPECT_GT(torch::corrcoef(torch::stack({found.select(1, 0), first}))[0][1].item<float>(), 0.999F);
    EXPECT_NEAR(found.select(1, 1).std().item<float>(), 1.0F, 0.15F);
}

} // namespace
} // namespace tacit::eval
