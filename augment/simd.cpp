// SPDX-License-Identifier: Apache-2.0
#include "augment/simd.hpp"

#include <algorithm>
#include <atomic>

namespace tacit::augment {
namespace {

SimdLevel level_of_processor() {
#if TACIT_SIMD_LEVELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vnni")) {
        return SimdLevel::avx512;
    }
    if (__builtin_cpu_supports("x86-64-v3")) {
        return SimdLevel::avx2;
    }
#endif
    return SimdLevel::scalar;
}

std::atomic<SimdLevel>& level() {
    static std::atomic<SimdLevel> current(level_of_processor());
    return current;
}

} // namespace

SimdLevel simd_level() {
    return level().load(std::memory_order_relaxed);
}

void limit_simd(SimdLevel most) {
    level().store(std::min(level_of_processor(), most), std::memory_order_relaxed);
}

} // namespace tacit::augment
