// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/pinned_memory.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace tacit::train {

/// Allocations of LibTorch begin at multiples of 64 bytes at least, which is enough for all that a batch holds.
void* PinnedMemory::do_allocate(std::size_t bytes, std::size_t /*alignment*/) {
    const auto count = static_cast<std::int64_t>(std::max<std::size_t>(bytes, 1));
    at::Tensor owner = at::empty({count}, at::TensorOptions(at::kByte).pinned_memory(true));
    void* const memory = owner.mutable_data_ptr();
    const std::lock_guard lock(mutex_);
    owners_.emplace(memory, std::move(owner));
    return memory;
}

void PinnedMemory::do_deallocate(void* memory, std::size_t /*bytes*/, std::size_t /*alignment*/) {
    const std::lock_guard lock(mutex_);
    owners_.erase(memory);
}

} // namespace tacit::train
