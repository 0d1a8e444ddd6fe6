// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A kernel: a function of plain types that is compiled once for every SimdLevel and called by simd<kernel>(…). All
/// augmentation arithmetic is integer or elementwise IEEE with explicit fused multiply-adds (the folder is built with
/// -ffp-contract=off), so every level gives the same bytes.
#define TACIT_KERNEL [[maybe_unused]] static inline __attribute__((always_inline))

#define TACIT_PRAGMA(...) _Pragma(#__VA_ARGS__)
#if defined(__x86_64__)
#define TACIT_SIMD_LEVELS 1
#define TACIT_TARGET(level) __attribute__((target(level), noinline))
#else
#define TACIT_SIMD_LEVELS 0
#define TACIT_TARGET(level) __attribute__((noinline))
#endif
#define TACIT_AVX2 "arch=x86-64-v3"
#define TACIT_AVX512 "arch=x86-64-v4,avx512vbmi,avx512vnni"
/// Where autovectorised C++ does not do, a function of these targets (inside #if TACIT_SIMD_LEVELS) may use intrinsics.
#define TACIT_TARGET_AVX2 TACIT_TARGET(TACIT_AVX2)
#define TACIT_TARGET_AVX512 TACIT_TARGET(TACIT_AVX512)

/// TACIT_FUNCTIONS_FOR(TACIT_AVX2) … TACIT_FUNCTIONS_END: all functions between them are of that target.
#if defined(__clang__)
#define TACIT_FUNCTIONS_FOR(level)                                                                                     \
    TACIT_PRAGMA(clang attribute push(__attribute__((target(level))), apply_to = function))
#define TACIT_FUNCTIONS_END _Pragma("clang attribute pop")
#define TACIT_UNROLL(count) TACIT_PRAGMA(unroll count)
#else
#define TACIT_FUNCTIONS_FOR(level) _Pragma("GCC push_options") TACIT_PRAGMA(GCC target(level))
#define TACIT_FUNCTIONS_END _Pragma("GCC pop_options")
#define TACIT_UNROLL(count) TACIT_PRAGMA(GCC unroll count)
#endif

#if TACIT_SIMD_LEVELS
#if defined(__clang__)
#include <immintrin.h>
#else
#pragma GCC diagnostic push // GCC 12 warns of what its own header leaves undefined on purpose
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif
#endif

namespace tacit::augment {

/// x86-64 itself, x86-64-v3, and x86-64-v4 with byte permutes and integer dot products (VBMI, VNNI: Ice Lake, Zen 4 and
/// later). Other machines have the first alone.
enum class SimdLevel { scalar, avx2, avx512 };

/// The highest level that this processor has and limit_simd() allows.
SimdLevel simd_level();
/// Nothing above `most` is used from now on, by any thread: for tests and measurements.
void limit_simd(SimdLevel most);

template <auto kKernel, class... Arguments> TACIT_TARGET_AVX512 auto run_avx512(Arguments... arguments) {
    return kKernel(arguments...);
}
template <auto kKernel, class... Arguments> TACIT_TARGET_AVX2 auto run_avx2(Arguments... arguments) {
    return kKernel(arguments...);
}

/// Calls the kernel as compiled for simd_level().
template <auto kKernel, class... Arguments> auto simd(Arguments... arguments) {
    switch (simd_level()) {
    case SimdLevel::avx512:
        return run_avx512<kKernel>(arguments...);
    case SimdLevel::avx2:
        return run_avx2<kKernel>(arguments...);
    case SimdLevel::scalar:
        break;
    }
    return kKernel(arguments...);
}

} // namespace tacit::augment
