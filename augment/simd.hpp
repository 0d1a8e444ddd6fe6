// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A kernel: a function of plain types that is compiled once for every SimdLevel and called by simd<kernel>(…). All
/// augmentation arithmetic is integer or elementwise IEEE with explicit fused multiply-adds (the folder is built with
/// -ffp-contract=off), so every level gives the same bytes.
#define TACIT_KERNEL [[maybe_unused]] static inline __attribute__((always_inline))

#if defined(__x86_64__) && !defined(__clang__) // clang 14 cannot ask the processor for these levels
#define TACIT_SIMD_LEVELS 1
#pragma GCC diagnostic push // GCC 12 warns of what its own header leaves undefined on purpose
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#define TACIT_TARGET(level) __attribute__((target("arch=" level), noinline))
#else
#define TACIT_SIMD_LEVELS 0
#define TACIT_TARGET(level) __attribute__((noinline))
#endif
#define TACIT_TARGET_AVX2 TACIT_TARGET("x86-64-v3")
/// Where autovectorised C++ does not do, a function of this target (inside #if TACIT_SIMD_LEVELS) may use intrinsics.
#define TACIT_TARGET_AVX512 TACIT_TARGET("x86-64-v4,avx512vbmi,avx512vnni")

namespace tacit::augment {

/// x86-64 itself, x86-64-v3, and x86-64-v4 with byte permutes and integer dot products (VBMI, VNNI: Ice Lake, Zen 4 and
/// later). Other machines have the first alone, and so has what clang compiles.
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
