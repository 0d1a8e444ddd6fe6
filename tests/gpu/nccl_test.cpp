// SPDX-License-Identifier: Apache-2.0
#include "dist/backends/nccl_communicator.hpp"

#include "tests/gpu/gpu_test.hpp"

#include <ATen/cuda/Sleep.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <string>
#include <torch/types.h>
#include <utility>
#include <vector>

namespace tacit::dist {
namespace {

constexpr std::int64_t kTenthOfASecond = 200'000'000; ///< cycles, at 2 GHz

/// One rank that keeps what it is told to watch.
class KeepingHost : public Communicator {
  public:
    using Watched = std::vector<std::pair<std::string, Phase>>;
    explicit KeepingHost(Watched& watched) : watched_(watched) {}

    int rank() const override { return self_->rank(); }
    int size() const override { return self_->size(); }
    int local_rank() const override { return self_->local_rank(); }
    int local_size() const override { return self_->local_size(); }
    std::string describe() const override { return self_->describe(); }
    void all_reduce_sum(at::Tensor& tensor) override { self_->all_reduce_sum(tensor); }
    void all_reduce_max(at::Tensor& tensor) override { self_->all_reduce_max(tensor); }
    at::Tensor all_gather(const at::Tensor& tensor) override { return self_->all_gather(tensor); }
    at::Tensor reduce_scatter_sum(const at::Tensor& tensor) override { return self_->reduce_scatter_sum(tensor); }
    void broadcast(at::Tensor& tensor, int root) override { self_->broadcast(tensor, root); }
    void broadcast(std::string& text, int root) override { self_->broadcast(text, root); }
    void barrier() override { self_->barrier(); }
    void set_timeout(std::chrono::seconds limit) override { self_->set_timeout(limit); }
    void watch(const char* operation, Phase phase) override { watched_.emplace_back(operation, std::move(phase)); }
    [[noreturn]] void abort(int exit_code) override {
        self_->abort(exit_code);
        std::abort();
    }

  private:
    std::unique_ptr<Communicator> self_ = make_self_communicator();
    Watched& watched_;
};

class NcclTest : public GpuTest {};

TEST_F(NcclTest, OneRankGivesTheBitsOfSelf) {
    const auto self = make_self_communicator();
    const auto nccl = make_nccl_communicator(make_self_communicator());
    torch::manual_seed(3);
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong}) {
        const at::Tensor values = (torch::randn({6, 35}, at::kCUDA) * 100).to(type);
        const auto both = [&](const auto& collective) {
            EXPECT_TRUE(at::equal(collective(*nccl, values.clone()), collective(*self, values.clone())))
                << at::toString(type);
        };
        both([](Communicator& comm, at::Tensor tensor) {
            comm.all_reduce_sum(tensor);
            return tensor;
        });
        both([](Communicator& comm, const at::Tensor& tensor) { return comm.all_gather(tensor); });
        both([](Communicator& comm, const at::Tensor& tensor) { return comm.reduce_scatter_sum(tensor); });
        both([](Communicator& comm, at::Tensor tensor) {
            comm.broadcast(tensor, 0);
            return tensor;
        });
        if (type != at::kFloat) {
            both([](Communicator& comm, at::Tensor tensor) {
                comm.all_reduce_max(tensor);
                return tensor;
            });
        }
    }
    nccl->barrier();
}

TEST_F(NcclTest, HostTensorsGoToTheHost) {
    const auto nccl = make_nccl_communicator(make_self_communicator());
    at::Tensor tensor = torch::arange(4, at::kDouble);
    nccl->all_reduce_sum(tensor);
    EXPECT_TRUE(at::equal(tensor, torch::arange(4, at::kDouble)));
}

TEST_F(NcclTest, TheCurrentStreamOrdersACollective) {
    const auto nccl = make_nccl_communicator(make_self_communicator());
    const at::Tensor values = torch::zeros({1 << 20}, at::kCUDA);
    nccl->all_gather(values); // starts NCCL
    torch::cuda::synchronize();
    const c10::cuda::CUDAStream side = c10::cuda::getStreamFromPool();
    at::Tensor all;
    {
        const c10::cuda::CUDAStreamGuard guard(side);
        at::cuda::sleep(kTenthOfASecond);
        values.fill_(3);
        all = nccl->all_gather(values); // on another stream it would gather zeros
    }
    side.synchronize();
    EXPECT_EQ(all.sum().item<double>(), 3.0 * (1 << 20));
}

TEST_F(NcclTest, ACollectiveIsWatchedFromWhenTheDeviceComesToItUntilItsEnd) {
    KeepingHost::Watched watched;
    const auto nccl = make_nccl_communicator(std::make_unique<KeepingHost>(watched));
    at::Tensor values = torch::ones({16}, at::kCUDA);
    nccl->all_reduce_sum(values);
    ASSERT_EQ(watched.size(), 2U);
    EXPECT_EQ(watched[0].first, "the start of NCCL");
    EXPECT_EQ(watched[0].second(), WatchedPhase::ended);
    torch::cuda::synchronize();
    watched.clear();
    at::cuda::sleep(kTenthOfASecond);
    nccl->all_reduce_sum(values);
    ASSERT_EQ(watched.size(), 1U);
    EXPECT_EQ(watched[0].first, "all_reduce_sum on GPUs");
    EXPECT_EQ(watched[0].second(), WatchedPhase::queued);
    torch::cuda::synchronize();
    EXPECT_EQ(watched[0].second(), WatchedPhase::ended);
}

} // namespace
} // namespace tacit::dist
