// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/parallel_for.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tacit::shards {

void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t, int)>& body) {
    std::atomic<std::int64_t> next{0};
    std::mutex mutex;
    std::exception_ptr error;
    std::int64_t error_index = count;
    // Indices are handed out in order, so every index below a failed one is still run to its end.
    const auto work = [&](int worker) {
        for (;;) {
            const std::int64_t index = next.fetch_add(1);
            if (index >= count) {
                return;
            }
            try {
                body(index, worker);
            } catch (...) {
                next.store(count);
                const std::lock_guard lock(mutex);
                if (index < error_index) {
                    error_index = index;
                    error = std::current_exception();
                }
            }
        }
    };
    {
        std::vector<std::jthread> others;
        const auto wanted = static_cast<int>(std::min<std::int64_t>(threads, count));
        for (int worker = 1; worker < wanted; ++worker) {
            others.emplace_back(work, worker);
        }
        work(0);
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

} // namespace tacit::shards
