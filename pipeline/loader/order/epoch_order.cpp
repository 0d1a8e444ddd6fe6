// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/order/epoch_order.hpp"

#include "augment/random/philox.hpp"
#include "pipeline/loader/order/sample_order.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace tacit::loader {
namespace {

constexpr std::uint32_t kBlockStream = 0x626C6F63U;  ///< of the permutation of the blocks
constexpr std::uint32_t kWindowStream = 0x77696E64U; ///< of the permutations within windows

/// Seed of a permutation of its own for each (seed, epoch, stream, begin).
std::uint64_t derived_seed(std::uint64_t seed, std::uint32_t epoch, std::uint32_t stream, std::int64_t begin) {
    const auto number = static_cast<std::uint64_t>(begin);
    const augment::PhiloxCounter words = augment::philox4x32(
        {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32U), epoch, stream},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)});
    return (std::uint64_t{words[1]} << 32U) | words[0];
}

} // namespace

Windows windows_of(const WindowOptions& options, std::int64_t blocks) {
    if (blocks <= options.window) {
        return {1, blocks};
    }
    const std::int64_t lanes = std::gcd(options.global_batch, options.lanes);
    return {lanes, std::max<std::int64_t>(1, options.window / lanes)};
}

EpochOrder::EpochOrder(std::span<const std::int64_t> block_starts, const WindowOptions& options, std::uint32_t epoch)
    : starts_(block_starts), options_(options) {
    if (block_starts.size() < 2 || options.global_batch < 1 || options.lanes < 1 || options.window < 1) {
        throw std::logic_error("EpochOrder: blocks, global batch, lanes or window out of range");
    }
    samples_ = block_starts.back() - block_starts.front();
    const Windows windows = windows_of(options, static_cast<std::int64_t>(block_starts.size()) - 1);
    lanes_ = windows.lanes;
    lane_length_ = samples_ / lanes_;
    width_ = windows.width;
    blocks_.resize(block_starts.size() - 1);
    begins_.resize(block_starts.size());
    lane_places_.resize(static_cast<std::size_t>(lanes_));
    move_to(epoch);
}

void EpochOrder::move_to(std::uint32_t epoch) {
    epoch_ = epoch;
    const SampleOrder order(derived_seed(options_.seed, epoch, kBlockStream, 0), epoch,
                            static_cast<std::int64_t>(blocks_.size()));
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto block = static_cast<std::size_t>(order.at(static_cast<std::int64_t>(i)));
        blocks_[i] = static_cast<std::int64_t>(block);
        begins_[i + 1] = begins_[i] + starts_[block + 1] - starts_[block];
    }
    for (std::size_t lane = 0; lane < lane_places_.size(); ++lane) {
        lane_places_[lane] = place_of(static_cast<std::int64_t>(lane) * lane_length_);
    }
}

/// Index in blocks_ of the block that covers a position of the sequence.
std::int64_t EpochOrder::place_of(std::int64_t sequence) const {
    return std::upper_bound(begins_.begin(), begins_.end(), sequence) - begins_.begin() - 1;
}

EpochOrder::Window EpochOrder::window_of(std::int64_t sequence) const {
    const std::int64_t lane = sequence / lane_length_;
    const std::int64_t lane_begin = lane * lane_length_;
    const std::int64_t first = lane_places_[static_cast<std::size_t>(lane)];
    const std::int64_t head = (width_ * (lane + 1) + lanes_ - 1) / lanes_; // blocks of the shortened first window
    const std::int64_t block = place_of(sequence) - first;
    const std::int64_t from = block < head ? 0 : block - (block - head) % width_;
    const std::int64_t until = block < head ? head : from + width_;
    const auto place = [&](std::int64_t index) {
        return begins_[static_cast<std::size_t>(std::min(first + index, static_cast<std::int64_t>(blocks_.size())))];
    };
    Window window;
    window.begin = std::max(place(from), lane_begin);
    window.end = std::min(place(until), lane_begin + lane_length_);
    const std::int64_t last = (window.end - 1 - lane_begin) / (options_.global_batch / lanes_);
    const bool all_in_memory = width_ == static_cast<std::int64_t>(blocks_.size());
    window.last_batch = all_in_memory ? kAlways : std::min(last, batches() - 1);
    return window;
}

Visit EpochOrder::visit(std::int64_t sequence, const Window& window) const {
    const SampleOrder inside(derived_seed(options_.seed, epoch_, kWindowStream, window.begin), epoch_,
                             window.end - window.begin);
    const std::int64_t picked = window.begin + inside.at(sequence - window.begin);
    const auto place = static_cast<std::size_t>(place_of(picked));
    const std::int64_t block = blocks_[place];
    const std::int64_t sample = starts_[static_cast<std::size_t>(block)] + picked - begins_[place];
    return {sample, block, window.last_batch, sequence};
}

Visit EpochOrder::at(std::int64_t batch, std::int64_t position) const {
    if (batch < 0 || batch >= batches() || position < 0 || position >= options_.global_batch) {
        throw std::logic_error("EpochOrder: batch or position out of range");
    }
    const std::int64_t share = options_.global_batch / lanes_;
    const std::int64_t sequence = position / share * lane_length_ + batch * share + position % share;
    return visit(sequence, window_of(sequence));
}

Visit EpochOrder::after(const Visit& place, const Visit& tried) const {
    const Window window = window_of(place.sequence);
    bool outside = tried.sequence < window.begin || tried.sequence >= window.end;
    std::int64_t next = tried.sequence + 1;
    if (!outside) {
        next = next == window.end ? window.begin : next;
        outside = next == place.sequence;
        next = outside ? window.end : next;
    }
    if (outside) {
        next = next == lanes_ * lane_length_ ? 0 : next;
        next = next == window.begin ? place.sequence : next;
    }
    return visit(next, window_of(next));
}

} // namespace tacit::loader
