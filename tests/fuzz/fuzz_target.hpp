// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// What libFuzzer calls with each input, and replay_main.cpp with each file of the corpus. Returns 0; damage is
/// reported by the sanitizers or an escaping exception.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
