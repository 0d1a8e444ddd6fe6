// SPDX-License-Identifier: Apache-2.0
#include "dist/communicator.hpp"

#include "tests/mpi_main.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

/// Each collective with whole messages and with pieces of 3 elements (or bytes).
class MpiCollective : public testing::TestWithParam<std::int64_t> {
  protected:
    void SetUp() override { comm_ = make_mpi_communicator(GetParam()); }

    double rank() const { return comm_->rank(); }
    double ranks() const { return comm_->size(); }

    std::unique_ptr<Communicator> comm_;
};

INSTANTIATE_TEST_SUITE_P(Pieces, MpiCollective, testing::Values(kLargestMpiCount, 3));

TEST_P(MpiCollective, AllReduceSumAddsRanks) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong}) {
        const at::Tensor base = torch::arange(10, type);
        at::Tensor tensor = base * (comm_->rank() + 1);
        const void* memory = tensor.data_ptr();
        comm_->all_reduce_sum(tensor);
        EXPECT_TRUE(at::equal(tensor, base * (comm_->size() * (comm_->size() + 1) / 2))) << at::toString(type);
        EXPECT_EQ(tensor.data_ptr(), memory);
    }
}

TEST_P(MpiCollective, AllReduceMaxTakesTheLargest) {
    for (const at::ScalarType type : {at::kDouble, at::kLong}) {
        const at::Tensor base = torch::arange(-4, 4, type);
        at::Tensor tensor = base * (comm_->rank() + 1); // negative: the largest is rank 0's
        comm_->all_reduce_max(tensor);
        EXPECT_TRUE(at::equal(tensor, at::maximum(base, base * comm_->size()))) << at::toString(type);
    }
}

TEST_P(MpiCollective, AllReduceMaxLetsNanWinOnEveryRank) {
    for (int bad = 0; bad < comm_->size(); ++bad) {
        at::Tensor tensor = torch::full({4}, rank(), torch::kDouble);
        if (comm_->rank() == bad) {
            tensor[2] = std::numeric_limits<double>::quiet_NaN();
        }
        comm_->all_reduce_max(tensor);
        EXPECT_TRUE(at::equal(at::isnan(tensor), torch::tensor({false, false, true, false}))) << bad;
        EXPECT_EQ(tensor[0].item<double>(), ranks() - 1);
    }
}

TEST_P(MpiCollective, AllGatherConcatenatesInRankOrder) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong, at::kBFloat16, at::kByte, at::kBool}) {
        const at::Tensor all = torch::arange(6 * comm_->size()).view({2 * comm_->size(), 3}).remainder(7).to(type);
        const at::Tensor mine = all.narrow(0, 2 * comm_->rank(), 2);
        EXPECT_TRUE(at::equal(comm_->all_gather(mine), all)) << at::toString(type);
    }
}

TEST_P(MpiCollective, ReduceScatterGivesThisRanksSliceOfTheSum) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong}) {
        const at::Tensor base = torch::arange(6 * comm_->size(), type).view({2 * comm_->size(), 3});
        const at::Tensor mine = comm_->reduce_scatter_sum(base * (comm_->rank() + 1));
        const at::Tensor sum = base * (comm_->size() * (comm_->size() + 1) / 2);
        EXPECT_TRUE(at::equal(mine, sum.narrow(0, 2 * comm_->rank(), 2))) << at::toString(type);
    }
}

TEST_P(MpiCollective, BroadcastCopiesAnyTypeFromAnyRoot) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong, at::kBFloat16, at::kByte, at::kBool}) {
        for (int root = 0; root < comm_->size(); ++root) {
            const at::Tensor expected = torch::arange(5).add(root).remainder(3).to(type);
            at::Tensor tensor = comm_->rank() == root ? expected.clone() : torch::zeros({5}, type);
            comm_->broadcast(tensor, root);
            EXPECT_TRUE(at::equal(tensor, expected)) << at::toString(type) << " from " << root;
        }
    }
}

TEST_P(MpiCollective, BroadcastResizesTexts) {
    for (int root = 0; root < comm_->size(); ++root) {
        std::string text(static_cast<std::size_t>(10 * comm_->rank()), static_cast<char>('a' + comm_->rank()));
        comm_->broadcast(text, root);
        EXPECT_EQ(text, std::string(static_cast<std::size_t>(10 * root), static_cast<char>('a' + root)));
    }
}

TEST_P(MpiCollective, EmptyTensorsPass) {
    at::Tensor empty = torch::empty({0, 3});
    comm_->all_reduce_sum(empty);
    comm_->broadcast(empty, 0);
    EXPECT_EQ(comm_->all_gather(empty).sizes(), (std::vector<std::int64_t>{0, 3}));
    EXPECT_EQ(comm_->reduce_scatter_sum(empty).sizes(), (std::vector<std::int64_t>{0, 3}));
}

TEST(MpiCommunicator, SumsHaveTheSameBitsOnAllRanks) {
    torch::manual_seed(world().rank());
    at::Tensor tensor = torch::randn({1 << 16}) * torch::exp(10 * torch::randn({1 << 16}));
    world().all_reduce_sum(tensor);
    at::Tensor roots = tensor.clone();
    world().broadcast(roots, 0);
    EXPECT_TRUE(at::equal(tensor, roots));
}

TEST(MpiCommunicator, KnowsItsNeighbours) {
    at::Tensor firsts = torch::full({1}, world().local_rank() == 0 ? 1 : 0, torch::kLong);
    world().all_reduce_sum(firsts);
    EXPECT_LT(world().local_rank(), world().local_size());
    EXPECT_LE(world().local_size(), world().size());
    const auto hosts = firsts.item<std::int64_t>();
    EXPECT_EQ(world().describe(),
              fmt::format("mpi {} {} on {} {}", world().size(), world().size() == 1 ? "rank" : "ranks", hosts,
                          hosts == 1 ? "host" : "hosts"));
}

TEST(MpiCommunicator, RefusesWrongTensorsBeforeCommunicating) {
    at::Tensor strided = torch::zeros({3, 4}).t();
    EXPECT_THROW(world().all_reduce_sum(strided), std::invalid_argument);
    at::Tensor half = torch::zeros({3}, torch::kBFloat16);
    EXPECT_THROW(world().all_reduce_sum(half), std::invalid_argument);
    EXPECT_THROW(world().all_gather(torch::zeros({})), std::invalid_argument);
    if (world().size() > 1) {
        EXPECT_THROW(world().reduce_scatter_sum(torch::zeros({world().size() + 1})), std::invalid_argument);
    }
}

TEST(MpiCommunicator, ReportsAnMpiErrorWithRankAndOperation) {
    at::Tensor tensor = torch::zeros({1});
    try {
        world().broadcast(tensor, world().size()); // no such root: MPI refuses on every rank
        FAIL() << "no exception";
    } catch (const std::exception& error) {
        const std::string message = error.what();
        EXPECT_NE(message.find(fmt::format("rank {}: broadcast failed", world().rank())), std::string::npos) << message;
    }
}

} // namespace
} // namespace tacit::dist
