// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace tacit::shards {

/// Calls body(index, worker) for every index in [0, count) from `threads` threads; worker in [0, threads)
/// tells which scratch memory to use. If calls throw, the exception of the smallest index that threw is
/// rethrown: messages do not depend on the thread count.
void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t, int)>& body);

} // namespace tacit::shards
