// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

namespace tacit::train {

/// Work of a device that is recorded once and replayed as a whole, so that the host asks for one thing instead of
/// thousands. One thread.
class DeviceGraph {
  public:
    virtual ~DeviceGraph() = default;
    /// Calls `work`, which the device does now, on the stream that record() uses: what is made at a first call
    /// (workspaces of libraries, kernels that are loaded) must be there when that comes.
    virtual void warm_up(const std::function<void()>& work) = 0;
    /// Calls `work`; what it asks of the device is recorded and not done. Throws where that cannot be recorded (waiting
    /// for the device, copying from ordinary memory); then the device has done nothing of it, all else goes on as
    /// before, and the graph is of no more use.
    virtual void record(const std::function<void()>& work) = 0;
    /// The device does what was recorded, at the same addresses, after all that it was asked for before.
    virtual void replay() = 0;
};

using GraphMaker = std::function<std::unique_ptr<DeviceGraph>()>;

/// Makes a graph of the current GPU; nullptr: this program cannot. Set once, by main() of a build for GPUs.
inline std::unique_ptr<DeviceGraph> (*make_gpu_graph)() = nullptr;

} // namespace tacit::train
