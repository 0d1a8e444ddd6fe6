// SPDX-License-Identifier: Apache-2.0
#include "dist/backends/nccl_communicator.hpp"

#include "dist/library_reasons.hpp"
#include "dist/tensor_checks.hpp"
#include "pipeline/base/error.hpp"

#include <ATen/ATen.h>
#include <ATen/cuda/CUDAEvent.h>
#include <atomic>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cstdlib>
#include <cstring>
#include <cuda_runtime_api.h>
#include <fmt/format.h>
#include <initializer_list>
#include <mutex>
#include <nccl.h>
#include <stdexcept>
#include <utility>

namespace tacit::dist {
namespace {

static_assert(ncclUnhandledCudaError == static_cast<int>(NcclCode::cuda_error) &&
              ncclSystemError == static_cast<int>(NcclCode::system_error) &&
              ncclRemoteError == static_cast<int>(NcclCode::remote_error));

void check_cuda(cudaError_t code, const char* operation, int rank) {
    if (code != cudaSuccess) {
        throw DistError(fmt::format("rank {}: {} failed: {}", rank, operation, cuda_reason(code)));
    }
}

[[noreturn]] void throw_nccl(ncclResult_t code, const char* operation, int rank) {
    const char* said = ncclGetLastError(nullptr);
    throw DistError(
        fmt::format("rank {}: {} failed: {}", rank, operation, nccl_reason(code, said == nullptr ? "" : said)));
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

/// The communicator, as the watching thread sees it: it may ask while the other one destroys it.
struct WatchedComm {
    std::mutex mutex;
    ncclComm_t comm = nullptr;

    /// Throws DistError where NCCL has met a failure that no collective gets over.
    void require_health(const char* operation, int rank) {
        const std::lock_guard lock(mutex);
        ncclResult_t state = ncclSuccess;
        if (comm != nullptr && ncclCommGetAsyncError(comm, &state) == ncclSuccess && state != ncclSuccess &&
            state != ncclInProgress) {
            throw_nccl(state, operation, rank);
        }
    }
};

/// Two marks on a stream, around a collective.
struct Marks {
    at::cuda::CUDAEvent before{cudaEventDisableTiming};
    at::cuda::CUDAEvent after{cudaEventDisableTiming};

    WatchedPhase phase() const {
        if (after.query()) {
            return WatchedPhase::ended;
        }
        return before.query() ? WatchedPhase::begun : WatchedPhase::queued;
    }
};

/// Has the other ranks waited for, as long as it lives, in something that is no call of `host`.
class Watch {
  public:
    Watch(Communicator& host, const char* operation) : ended_(std::make_shared<std::atomic<bool>>(false)) {
        host.watch(operation, [ended = ended_] { return *ended ? WatchedPhase::ended : WatchedPhase::begun; });
    }
    ~Watch() { *ended_ = true; }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

  private:
    std::shared_ptr<std::atomic<bool>> ended_;
};

class NcclCommunicator final : public Communicator {
  public:
    explicit NcclCommunicator(std::unique_ptr<Communicator> host) : host_(std::move(host)) {}

    /// After a failure NCCL is left alone: taking leave would wait for ranks that are gone, and the process ends.
    ~NcclCommunicator() override {
        ncclComm_t comm = nullptr;
        {
            const std::lock_guard lock(watched_->mutex);
            comm = std::exchange(watched_->comm, nullptr);
        }
        if (comm != nullptr && !failed_) {
            const Watch watch(*host_, "the end of NCCL");
            ncclCommDestroy(comm);
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
        if (device_ >= 0) {
            const c10::cuda::CUDAGuard guard(device_);
            check_cuda(cudaDeviceSynchronize(), "barrier", rank());
        }
        host_->barrier();
    }
    void set_timeout(std::chrono::seconds limit) override { host_->set_timeout(limit); }
    void watch(const char* operation, Phase phase) override { host_->watch(operation, std::move(phase)); }
    void sign_of_life() override { host_->sign_of_life(); }
    [[noreturn]] void abort(int exit_code) override {
        host_->abort(exit_code);
        std::abort(); // never reached; GCC does not see that
    }

  private:
    void check(ncclResult_t code, const char* operation) {
        if (code != ncclSuccess) {
            failed_ = true;
            throw_nccl(code, operation, rank());
        }
    }

    /// Makes `call(communicator, stream)` on the current stream of the device of `tensors`, which is the current device
    /// meanwhile. The tensors' memory is not given to others before that stream is done with it, whatever stream they
    /// were made on.
    template <class Call>
    void collective(const char* operation, std::initializer_list<at::Tensor> tensors, const Call& call) {
        const c10::DeviceIndex device = tensors.begin()->device().index();
        const c10::cuda::CUDAGuard guard(device);
        start(device);
        const c10::cuda::CUDAStream stream = c10::cuda::getCurrentCUDAStream(device);
        for (const at::Tensor& tensor : tensors) {
            tensor.record_stream(stream.unwrap());
        }
        // What is recorded into a graph does not happen now, and its events must not be asked.
        const bool recorded = c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None;
        const auto marks = recorded ? nullptr : std::make_shared<Marks>();
        if (marks) {
            marks->before.record(stream);
        }
        check(call(watched_->comm, stream.stream()), operation);
        if (marks) {
            marks->after.record(stream);
            host_->watch(operation, [marks, operation, comm = watched_, own = rank()] {
                comm->require_health(operation, own);
                return marks->phase();
            });
        }
    }

    void all_reduce(const char* operation, at::Tensor& tensor, ncclRedOp_t reduction);

    /// Before the first collective on CUDA tensors; `device` is the current one.
    void start(c10::DeviceIndex device) {
        if (device_ >= 0 && device_ != device) {
            throw std::logic_error(fmt::format("NcclCommunicator of GPU {} got a tensor of GPU {}", device_, device));
        }
        if (device_ >= 0) {
            return;
        }
        require_own_gpu(*host_, device);
        at::Tensor id = at::empty({static_cast<std::int64_t>(sizeof(ncclUniqueId))}, at::kByte);
        auto* unique = static_cast<ncclUniqueId*>(id.data_ptr());
        if (rank() == 0) {
            check(ncclGetUniqueId(unique), "ncclGetUniqueId");
        }
        host_->broadcast(id, 0);
        const Watch watch(*host_, "the start of NCCL");
        ncclComm_t comm = nullptr;
        check(ncclCommInitRank(&comm, size(), *unique, rank()), "ncclCommInitRank");
        const std::lock_guard lock(watched_->mutex);
        watched_->comm = comm;
        device_ = device;
    }

    std::unique_ptr<Communicator> host_;
    std::shared_ptr<WatchedComm> watched_ = std::make_shared<WatchedComm>();
    c10::DeviceIndex device_ = -1; ///< of the collectives; -1 before the first one
    bool failed_ = false;
};

void NcclCommunicator::all_reduce(const char* operation, at::Tensor& tensor, ncclRedOp_t reduction) {
    collective(operation, {tensor}, [&](ncclComm_t comm, cudaStream_t stream) {
        return ncclAllReduce(tensor.data_ptr(), tensor.data_ptr(), element_count(tensor), nccl_type(tensor), reduction,
                             comm, stream);
    });
}

void NcclCommunicator::all_reduce_sum(at::Tensor& tensor) {
    if (!tensor.is_cuda()) {
        host_->all_reduce_sum(tensor);
        return;
    }
    require_contiguous(tensor, "all_reduce_sum");
    require_summable(tensor, "all_reduce_sum");
    all_reduce("all_reduce_sum on GPUs", tensor, ncclSum);
}

void NcclCommunicator::all_reduce_max(at::Tensor& tensor) {
    if (!tensor.is_cuda()) {
        host_->all_reduce_max(tensor);
        return;
    }
    require_contiguous(tensor, "all_reduce_max");
    require_comparable(tensor, "all_reduce_max");
    all_reduce("all_reduce_max on GPUs", tensor, ncclMax);
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
    collective("all_gather on GPUs", {tensor, all}, [&](ncclComm_t comm, cudaStream_t stream) {
        return ncclAllGather(tensor.data_ptr(), all.data_ptr(), tensor.nbytes(), ncclInt8, comm, stream);
    });
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
    collective("reduce_scatter_sum on GPUs", {tensor, mine}, [&](ncclComm_t comm, cudaStream_t stream) {
        return ncclReduceScatter(tensor.data_ptr(), mine.data_ptr(), element_count(mine), nccl_type(mine), ncclSum,
                                 comm, stream);
    });
    return mine;
}

void NcclCommunicator::broadcast(at::Tensor& tensor, int root) {
    if (!tensor.is_cuda()) {
        host_->broadcast(tensor, root);
        return;
    }
    require_contiguous(tensor, "broadcast");
    collective("broadcast on GPUs", {tensor}, [&](ncclComm_t comm, cudaStream_t stream) {
        return ncclBroadcast(tensor.data_ptr(), tensor.data_ptr(), tensor.nbytes(), ncclInt8, root, comm, stream);
    });
}

} // namespace

std::unique_ptr<Communicator> make_nccl_communicator(std::unique_ptr<Communicator> host) {
    return std::make_unique<NcclCommunicator>(std::move(host));
}

} // namespace tacit::dist
