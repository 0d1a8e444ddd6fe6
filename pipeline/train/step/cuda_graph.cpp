// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/cuda_graph.hpp"

#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <exception>
#include <optional>

namespace tacit::train {

namespace {

using c10::cuda::CUDAStream;
namespace allocator = c10::cuda::CUDACachingAllocator;

/// What `later` is asked for from now on waits for what `earlier` was asked for.
void order(const CUDAStream& earlier, const CUDAStream& later) {
    at::cuda::CUDAEvent event(cudaEventDisableTiming);
    event.record(earlier);
    event.block(later);
}

template <class Step> void try_to(const Step& step) noexcept {
    try {
        step();
    } catch (const std::exception&) { // it was done already
    }
}

/// A graph of LibTorch whose recording may fail.
class Recording : public at::cuda::CUDAGraph {
  public:
    /// Ends a recording that failed. Left alone, LibTorch would wait for its end for ever: allocators would keep memory
    /// that other streams used, and a random number would be an error.
    void abandon(c10::MempoolId_t pool) noexcept {
        cudaGraph_t rest = nullptr;
        if (cudaStreamEndCapture(capture_stream_, &rest) == cudaSuccess && rest != nullptr) {
            cudaGraphDestroy(rest);
        }
        static_cast<void>(cudaGetLastError()); // else the next call of anybody would report it
        for (const auto& [generator, draws] : captured_generator_states_) {
            generator->capturing_ = false;
        }
        auto* host = at::getHostAllocator(at::kCUDA);
        try_to([&] { allocator::endAllocateToPool(capture_dev_, pool); });
        try_to([&] { host->end_allocate_to_pool(pool); });
        if (!capture_ended_) { // else the destructor does
            try_to([&] { allocator::releasePool(capture_dev_, pool); });
            try_to([&] { host->release_pool(pool); });
        }
    }
};

class CudaGraph final : public DeviceGraph {
  public:
    CudaGraph() : stream_(c10::cuda::getStreamFromPool()) {}

    void warm_up(const std::function<void()>& work) override {
        const CUDAStream step = c10::cuda::getCurrentCUDAStream();
        order(step, stream_);
        {
            const c10::cuda::CUDAStreamGuard guard(stream_);
            work();
        }
        order(stream_, step);
    }

    /// As torch.cuda.graph does it, but for the mode: other threads, which pin memory for batches, may do what this one
    /// must not (cudaStreamCaptureModeThreadLocal).
    void record(const std::function<void()>& work) override {
        c10::cuda::device_synchronize();
        allocator::emptyCache(); // what the warm-up left is wanted for the graph's own memory
        const c10::cuda::CUDAStreamGuard guard(stream_);
        const c10::MempoolId_t pool = at::cuda::graph_pool_handle();
        recording_.emplace();
        try {
            recording_->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
            work();
            recording_->capture_end();
        } catch (...) {
            recording_->abandon(pool);
            throw;
        }
    }

    void replay() override { recording_->replay(); }

  private:
    CUDAStream stream_; ///< of warm-up and recording
    std::optional<Recording> recording_;
};

} // namespace

std::unique_ptr<DeviceGraph> make_cuda_graph() {
    return std::make_unique<CudaGraph>();
}

} // namespace tacit::train
