// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/copy_queue.hpp"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace tacit::train {

namespace {

/// By LibTorch's interface to any device, so that no file here sees CUDA's headers.
class CopyStream : public CopyQueue {
  public:
    explicit CopyStream(at::Device device)
        : device_(device), guard_(device.type()), stream_(guard_.getStreamFromGlobalPool(device)),
          done_(device.type()) {}

    void run(const std::function<void()>& copies) override {
        const c10::StreamGuard guard(stream_);
        copies();
        done_.record(stream_);
    }

    void hand_over(const std::vector<at::Tensor>& results) override {
        const c10::Stream step = guard_.getStream(device_);
        done_.block(step);
        for (const at::Tensor& tensor : results) {
            tensor.record_stream(step); // its memory came from the copy stream's pool
        }
    }

    void wait() override { done_.synchronize(); }

  private:
    at::Device device_;
    c10::impl::VirtualGuardImpl guard_;
    c10::Stream stream_;
    c10::Event done_;
};

} // namespace

std::unique_ptr<CopyQueue> make_copy_queue(at::Device device) {
    return device.is_cuda() ? std::make_unique<CopyStream>(device) : nullptr;
}

} // namespace tacit::train
