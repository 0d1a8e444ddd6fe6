// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory_resource>
#include <mutex>

namespace tacit::train {

/// Page-locked host memory, which a GPU copies from while the host goes on. It comes from LibTorch's cache of such
/// memory, which keeps what a copy still reads. Thread-safe; needs a build and a machine with a usable GPU.
class PinnedMemory : public std::pmr::memory_resource {
  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::mutex mutex_;
    std::map<void*, at::Tensor> owners_;
};

} // namespace tacit::train
