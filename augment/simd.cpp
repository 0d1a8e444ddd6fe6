// SPDX-License-Identifier: Apache-2.0
#include "augment/simd.hpp"

#include <algorithm>
#include <atomic>

#if TACIT_SIMD_LEVELS
#include <cpuid.h>
#endif

namespace tacit::augment {
namespace {

#if TACIT_SIMD_LEVELS
/// What x86-64-v3 has beside the instructions that __builtin_cpu_supports knows by name in every compiler: neither GCC
/// 11 nor clang 14 can be asked for the level itself.
bool has_rest_of_v3() {
    constexpr unsigned kMovbe = 1U << 22;
    constexpr unsigned kF16c = 1U << 29;
    constexpr unsigned kLzcnt = 1U << 5;
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    const bool first = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & (kMovbe | kF16c)) == (kMovbe | kF16c);
    return first && __get_cpuid(0x80000001U, &a, &b, &c, &d) != 0 && (c & kLzcnt) != 0;
}

bool has_v3() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && has_rest_of_v3();
}

bool has_v4() {
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

SimdLevel level_of_processor() {
#if TACIT_SIMD_LEVELS
    __builtin_cpu_init();
    if (has_v4() && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni")) {
        return SimdLevel::avx512;
    }
    if (has_v3()) {
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
