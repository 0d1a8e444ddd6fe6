// SPDX-License-Identifier: Apache-2.0
#include "dist/communicator.hpp"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace tacit::dist {
namespace {

TEST(SelfCommunicator, IsOneRank) {
    const auto comm = make_self_communicator();
    EXPECT_EQ(comm->rank(), 0);
    EXPECT_EQ(comm->size(), 1);
    EXPECT_EQ(comm->local_rank(), 0);
    EXPECT_EQ(comm->local_size(), 1);
    EXPECT_EQ(comm->describe(), "self");
}

TEST(SelfCommunicator, ReductionsKeepTheTensor) {
    const auto comm = make_self_communicator();
    const at::Tensor expected = torch::arange(6, torch::kDouble).view({2, 3});
    at::Tensor tensor = expected.clone();
    comm->all_reduce_sum(tensor);
    comm->all_reduce_max(tensor);
    comm->broadcast(tensor, 0);
    comm->barrier();
    EXPECT_TRUE(at::equal(tensor, expected));
}

TEST(SelfCommunicator, GatherAndScatterReturnCopies) {
    const auto comm = make_self_communicator();
    const at::Tensor tensor = torch::arange(6, torch::kFloat).view({2, 3});
    for (const at::Tensor& result : {comm->all_gather(tensor), comm->reduce_scatter_sum(tensor)}) {
        EXPECT_TRUE(at::equal(result, tensor));
        EXPECT_NE(result.data_ptr(), tensor.data_ptr());
    }
}

TEST(SelfCommunicator, RefusesWhatDistributedOnesRefuse) {
    const auto comm = make_self_communicator();
    at::Tensor strided = torch::zeros({3, 4}).t();
    EXPECT_THROW(comm->all_reduce_sum(strided), std::invalid_argument);
    at::Tensor half = torch::zeros({3}, torch::kBFloat16);
    EXPECT_THROW(comm->all_reduce_sum(half), std::invalid_argument);
    at::Tensor single = torch::zeros({3});
    EXPECT_THROW(comm->all_reduce_max(single), std::invalid_argument);
    EXPECT_THROW(comm->all_gather(torch::zeros({})), std::invalid_argument);
    std::string text;
    EXPECT_THROW(comm->broadcast(text, 1), std::invalid_argument);
}

TEST(SelfCommunicatorDeathTest, AbortEndsTheProcessWithTheCode) {
    const auto comm = make_self_communicator();
    EXPECT_EXIT(comm->abort(76), testing::ExitedWithCode(76), "");
}

} // namespace
} // namespace tacit::dist
