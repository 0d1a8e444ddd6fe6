// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/order/sample_order.hpp"

#include "augment/random/philox.hpp"

#include <stdexcept>

namespace tacit::loader {
namespace {

// A Feistel network needs four rounds to be a pseudo-random permutation (Luby & Rackoff 1988); halves of a
// few bits mix slowly, so it has some more.
constexpr std::uint32_t kRounds = 8;
constexpr std::uint32_t kStream = 0x6F726472U; ///< keeps these draws apart from the augmentation's

} // namespace

SampleOrder::SampleOrder(std::uint64_t seed, std::uint32_t epoch, std::int64_t size)
    : seed_(seed), epoch_(epoch), size_(size), half_bits_(0) {
    if (size < 0 || size > (std::int64_t{1} << 62)) {
        throw std::logic_error("SampleOrder: size out of range");
    }
    while ((std::int64_t{1} << (2 * half_bits_)) < size) {
        ++half_bits_;
    }
}

std::int64_t SampleOrder::at(std::int64_t position) const {
    if (position < 0 || position >= size_) {
        throw std::logic_error("SampleOrder: position out of range");
    }
    const augment::PhiloxKey key{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32U)};
    const std::uint32_t mask = (std::uint32_t{1} << half_bits_) - 1;
    std::int64_t value = position;
    do {
        auto left = static_cast<std::uint32_t>(value >> half_bits_);
        auto right = static_cast<std::uint32_t>(value) & mask;
        for (std::uint32_t round = 0; round < kRounds; ++round) {
            const std::uint32_t mixed = left ^ (augment::philox4x32({right, round, epoch_, kStream}, key)[0] & mask);
            left = right;
            right = mixed;
        }
        value = (static_cast<std::int64_t>(left) << half_bits_) | right;
    } while (value >= size_);
    return value;
}

} // namespace tacit::loader
