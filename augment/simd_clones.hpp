// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Compiles a function once per x86-64 level and picks at load time. All augmentation arithmetic is
/// integer or elementwise IEEE with explicit fused multiply-adds (the folder is built with
/// -ffp-contract=off), so every clone gives the same bytes. Sanitizers run before the resolvers could, so
/// their builds keep the baseline alone; clang 14 has no clone for these levels.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define TACIT_SIMD_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TACIT_SIMD_CLONES
#endif
