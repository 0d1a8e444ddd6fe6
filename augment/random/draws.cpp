// SPDX-License-Identifier: Apache-2.0
#include "augment/random/draws.hpp"

#include <cmath>
#include <numbers>

namespace tacit::augment {
namespace {

constexpr std::uint32_t kBulkBlock = std::uint32_t{1} << 31;
constexpr double kWordUnit = 0x1p-32;

} // namespace

Draws::Draws(const SampleKey& key, int draw, int op)
    : counter_{static_cast<std::uint32_t>(key.sample),
               static_cast<std::uint32_t>((key.sample >> 32) & 0xFFFFU) | static_cast<std::uint32_t>(draw) << 16 |
                   static_cast<std::uint32_t>(op) << 24,
               key.epoch, 0},
      key_{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)} {}

std::uint32_t Draws::word() {
    if (used_ == block_.size()) {
        block_ = philox4x32(counter_, key_);
        ++counter_[3];
        used_ = 0;
    }
    return block_[used_++];
}

double Draws::uniform() {
    return kWordUnit * word();
}

double Draws::uniform(double low, double high) {
    return low + (high - low) * uniform();
}

// Lemire, "Fast random integer generation in an interval", 2019.
int Draws::below(int bound) {
    const auto range = static_cast<std::uint32_t>(bound);
    std::uint64_t product = std::uint64_t{word()} * range;
    if (static_cast<std::uint32_t>(product) < range) {
        const std::uint32_t threshold = (0U - range) % range;
        while (static_cast<std::uint32_t>(product) < threshold) {
            product = std::uint64_t{word()} * range;
        }
    }
    return static_cast<int>(product >> 32);
}

double Draws::normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

PhiloxCounter Draws::bulk_counter(std::uint32_t block) const {
    return {counter_[0], counter_[1], counter_[2], kBulkBlock + block};
}

} // namespace tacit::augment
