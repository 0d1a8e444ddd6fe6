// SPDX-License-Identifier: Apache-2.0
#include "dist/nccl_communicator.hpp"

#include "dist/tensor_checks.hpp"
#include "pipeline/base/error.hpp"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAStream.h>
#include <cstdlib>
#include <cstring>
#include <cuda_runtime_api.h>
#include <fmt/format.h>
#include <nccl.h>
#include <utility>

namespace tacit::dist {
namespace {

void check_cuda(cudaError_t code, const char* operation, int rank) {
    if (code != cudaSuccess) {
        throw DistError(fmt::format("rank {}: {} failed: {}", rank, operation, cudaGetErrorString(code)));
    }
}

ncclDataType_t nccl_type(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
    case at::kFloat:
        return ncclFloat32;
    case at::kDouble:
        return ncclFloat64;
    default:
        return ncclInt64;
    }
}

std::size_t element_count(const at::Tensor& tensor) {
    return static_cast<std::size_t>(tensor.numel());
}

/// Every rank learns every GPU's UUID, because two ranks on one GPU make NCCL fail or hang.
void require_own_gpu(Communicator& host, int device) {
    cudaDeviceProp properties{};
    check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties", host.rank());
    constexpr std::int64_t kUuidBytes = sizeof(properties.uuid.bytes);
    const at::Tensor mine = at::empty({1, kUuidBytes}, at::kByte);
    std::memcpy(mine.data_ptr(), properties.uuid.bytes, sizeof(properties.uuid.bytes));
    const at::Tensor all = host.all_gather(mine);
    for (int left = 0; left < host.size(); ++left) {
        for (int right = left + 1; right < host.size(); ++right) {
            if (at::equal(all[left], all[right])) {
                throw DistError(fmt::format("ranks {} and {} share one GPU; start at most one rank a GPU "
                                            "(srun --gpus-per-task=1), or set train.device to cpu",
                                            left, right));
            }
        }
    }
}

class NcclCommunicator final : public Communicator {
  public:
    explicit NcclCommunicator(std::unique_ptr<Communicator> host) : host_(std::move(host)) {}

    ~NcclCommunicator() override {
        if (comm_ == nullptr) {
            return;
        }
        if (failed_) { // ncclCommDestroy would wait for ranks that are gone
            ncclCommAbort(comm_);
        } else {
            ncclCommDestroy(comm_);
        }
    }
    NcclCommunicator(const NcclCommunicator&) = delete;
    NcclCommunicator& operator=(const NcclCommunicator&) = delete;

    int rank() const override { return host_->rank(); }
    int size() const override { return host_->size(); }
    int local_rank() const override { return host_->local_rank(); }
    int local_size() const override { return host_->local_size(); }
    std::string describe() const override { return "nccl over " + host_->describe(); }

    void all_reduce_sum(at::Tensor& tensor) override;
    void all_reduce_max(at::Tensor& tensor) override;
    at::Tensor all_gather(const at::Tensor& tensor) override;
    at::Tensor reduce_scatter_sum(const at::Tensor& tensor) override;
    void broadcast(at::Tensor& tensor, int root) override;
    void broadcast(std::string& text, int root) override { host_->broadcast(text, root); }
    void barrier() override {
        if (comm_ != nullptr) {
            check_cuda(cudaStreamSynchronize(stream()), "barrier", rank());
        }
        host_->barrier();
    }
    void set_timeout(std::chrono::seconds limit) override { host_->set_timeout(limit); }
    void sign_of_life() override { host_->sign_of_life(); }
    [[noreturn]] void abort(int exit_code) override {
        host_->abort(exit_code);
        std::abort(); // never reached; GCC does not see that
    }

  private:
    static cudaStream_t stream() { return c10::cuda::getCurrentCUDAStream().stream(); }

    void check(ncclResult_t code, const char* operation) {
        if (code != ncclSuccess) {
            failed_ = true;
            throw DistError(fmt::format("rank {}: {} failed: {} ({}); set NCCL_DEBUG=INFO for details", rank(),
                                        operation, ncclGetErrorString(code), ncclGetLastError(comm_)));
        }
    }

    /// The communicator of `tensor`'s device, started by the first call.
    ncclComm_t on(const at::Tensor& tensor) {
        if (comm_ == nullptr) {
            start(tensor.get_device());
        }
        return comm_;
    }

    void start(int device) {
        check_cuda(cudaSetDevice(device), "cudaSetDevice", rank());
        require_own_gpu(*host_, device);
        at::Tensor id = at::empty({static_cast<std::int64_t>(sizeof(ncclUniqueId))}, at::kByte);
        auto* unique = static_cast<ncclUniqueId*>(id.data_ptr());
        if (rank() == 0) {
            check(ncclGetUniqueId(unique), "ncclGetUniqueId");
        }
        host_->broadcast(id, 0);
        check(ncclCommInitRank(&comm_, size(), *unique, rank()), "ncclCommInitRank");
    }

    std::unique_ptr<Communicator> host_;
    ncclComm_t comm_ = nullptr;
    bool failed_ = false;
};

void NcclCommunicator::all_reduce_sum(at::Tensor& tensor) {
    if (!tensor.is_cuda()) {
        host_->all_reduce_sum(tensor);
        return;
    }
    require_contiguous(tensor, "all_reduce_sum");
    require_summable(tensor, "all_reduce_sum");
    void* data = tensor.data_ptr();
    check(ncclAllReduce(data, data, element_count(tensor), nccl_type(tensor), ncclSum, on(tensor), stream()),
          "all_reduce_sum");
}

void NcclCommunicator::all_reduce_max(at::Tensor& tensor) {
    if (!tensor.is_cuda()) {
        host_->all_reduce_max(tensor);
        return;
    }
    require_contiguous(tensor, "all_reduce_max");
    require_comparable(tensor, "all_reduce_max");
    void* data = tensor.data_ptr();
    check(ncclAllReduce(data, data, element_count(tensor), nccl_type(tensor), ncclMax, on(tensor), stream()),
          "all_reduce_max");
}

at::Tensor NcclCommunicator::all_gather(const at::Tensor& tensor) {
    if (!tensor.is_cuda()) {
        return host_->all_gather(tensor);
    }
    require_contiguous(tensor, "all_gather");
    require_rows(tensor, "all_gather");
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    shape[0] *= size();
    at::Tensor all = at::empty(shape, tensor.options().requires_grad(false));
    check(ncclAllGather(tensor.data_ptr(), all.data_ptr(), tensor.nbytes(), ncclInt8, on(tensor), stream()),
          "all_gather");
    return all;
}

at::Tensor NcclCommunicator::reduce_scatter_sum(const at::Tensor& tensor) {
    if (!tensor.is_cuda()) {
        return host_->reduce_scatter_sum(tensor);
    }
    require_contiguous(tensor, "reduce_scatter_sum");
    require_summable(tensor, "reduce_scatter_sum");
    require_divisible_rows(tensor, size(), "reduce_scatter_sum");
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    shape[0] /= size();
    at::Tensor mine = at::empty(shape, tensor.options().requires_grad(false));
    check(ncclReduceScatter(tensor.data_ptr(), mine.data_ptr(), element_count(mine), nccl_type(mine), ncclSum,
                            on(tensor), stream()),
          "reduce_scatter_sum");
    return mine;
}

void NcclCommunicator::broadcast(at::Tensor& tensor, int root) {
    if (!tensor.is_cuda()) {
        host_->broadcast(tensor, root);
        return;
    }
    require_contiguous(tensor, "broadcast");
    void* data = tensor.data_ptr();
    check(ncclBroadcast(data, data, tensor.nbytes(), ncclInt8, root, on(tensor), stream()), "broadcast");
}

} // namespace

std::unique_ptr<Communicator> make_nccl_communicator(std::unique_ptr<Communicator> host) {
    return std::make_unique<NcclCommunicator>(std::move(host));
}

} // namespace tacit::dist
