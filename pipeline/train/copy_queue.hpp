// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

namespace tacit::train {

/// Where copies to a device go, beside the work of a step. One thread.
class CopyQueue {
  public:
    virtual ~CopyQueue() = default;
    /// Calls `copies`; what it asks of the device is done in this queue.
    virtual void run(const std::function<void()>& copies) = 0;
    /// What the step asks of the device from now on waits for the last run(), which made `results`.
    virtual void hand_over(const std::vector<at::Tensor>& results) = 0;
    /// Returns once the device has read what the last run() copies.
    virtual void wait() = 0;
};

/// A stream of its own on a GPU; nullptr for the CPU, which copies nothing.
std::unique_ptr<CopyQueue> make_copy_queue(at::Device device);

} // namespace tacit::train
