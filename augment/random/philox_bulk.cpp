// SPDX-License-Identifier: Apache-2.0
#include "augment/random/philox_bulk.hpp"

#include "augment/simd.hpp"

#include <cstring>

namespace tacit::augment {
namespace {

constexpr std::uint32_t kBlocks = 8;

void fill_groups(PhiloxCounter counter, PhiloxKey key, std::uint8_t* bytes, std::size_t groups) {
    for (std::size_t group = 0; group < groups; ++group, bytes += kBulkBytes) {
        for (std::size_t block = 0; block < kBlocks; ++block, ++counter[3]) {
            const PhiloxCounter words = philox4x32(counter, key);
            std::memcpy(bytes + 8 * block, words.data(), 8);
            std::memcpy(bytes + kBulkBytes / 2 + 8 * block, words.data() + 2, 8);
        }
    }
}

#if TACIT_SIMD_LEVELS
/// One block in each 64-bit lane, which the 32 x 32-bit multiplication fills; words are the lower halves, and what
/// their upper halves hold never matters.
TACIT_TARGET_AVX512 void fill_groups_avx512(const PhiloxCounter& counter, PhiloxKey key, std::uint8_t* bytes,
                                            std::size_t groups) {
    constexpr std::size_t kRounds = 10;
    constexpr int kXorOfThree = 0x96;
    constexpr __mmask16 kUpperHalves = 0xAAAA;
    const __m512i multiplier0 = _mm512_set1_epi64(kPhiloxMultiplier0);
    const __m512i multiplier1 = _mm512_set1_epi64(kPhiloxMultiplier1);
    __m512i keys[2 * kRounds];
    for (std::size_t round = 0; round < kRounds; ++round) {
        keys[2 * round] = _mm512_set1_epi64(key[0]);
        keys[2 * round + 1] = _mm512_set1_epi64(key[1]);
        key[0] += kPhiloxWeyl0;
        key[1] += kPhiloxWeyl1;
    }
    __m512i block = _mm512_add_epi32(_mm512_set1_epi64(counter[3]), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
    for (std::size_t group = 0; group < groups; ++group, bytes += kBulkBytes) {
        __m512i word0 = _mm512_set1_epi64(counter[0]);
        __m512i word1 = _mm512_set1_epi64(counter[1]);
        __m512i word2 = _mm512_set1_epi64(counter[2]);
        __m512i word3 = block;
        for (std::size_t round = 0; round < kRounds; ++round) {
            const __m512i product0 = _mm512_mul_epu32(multiplier0, word0);
            const __m512i product1 = _mm512_mul_epu32(multiplier1, word2);
            word0 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product1, 32), word1, keys[2 * round], kXorOfThree);
            word1 = product1;
            word2 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product0, 32), word3, keys[2 * round + 1], kXorOfThree);
            word3 = product0;
        }
        block = _mm512_add_epi32(block, _mm512_set1_epi64(kBlocks));
        const __m512i words01 = _mm512_mask_shuffle_epi32(word0, kUpperHalves, word1, _MM_PERM_CCAA);
        const __m512i words23 = _mm512_mask_shuffle_epi32(word2, kUpperHalves, word3, _MM_PERM_CCAA);
        _mm512_storeu_si512(bytes, words01);
        _mm512_storeu_si512(bytes + kBulkBytes / 2, words23);
    }
}
#endif

} // namespace

void fill_random(const Draws& draws, std::uint32_t first, std::span<std::uint8_t> bytes) {
    const PhiloxCounter counter = draws.bulk_counter(kBlocks * first);
    const std::size_t groups = bytes.size() / kBulkBytes;
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512) {
        fill_groups_avx512(counter, draws.key(), bytes.data(), groups);
        return;
    }
#endif
    fill_groups(counter, draws.key(), bytes.data(), groups);
}

} // namespace tacit::augment
