// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/order/reading_order.hpp"

#include "pipeline/loader/order/sample_order.hpp"

#include <algorithm>
#include <stdexcept>

namespace tacit::loader {

ReadingOrder::ReadingOrder(const shards::Dataset& dataset, const LoaderOptions& options)
    : dataset_(dataset), options_(options),
      samples_(options.subset.empty() ? dataset.info().size : static_cast<std::int64_t>(options.subset.size())) {
    for (const std::int64_t index : options_.subset) {
        if (index < 0 || index >= dataset.info().size) {
            throw std::logic_error("Loader: subset index out of range");
        }
    }
    if (options_.shuffle == Shuffle::window) {
        std::sort(options_.subset.begin(), options_.subset.end());
    }
    if (worth_blocks()) {
        cut_blocks();
    }
    if (options_.shuffle == Shuffle::window) {
        const WindowOptions windows{options_.seed, options_.global_batch, options_.lanes, options_.window};
        for (int epoch = 0; epoch < options_.slots; ++epoch) {
            epochs_.emplace_back(starts_, windows, static_cast<std::uint32_t>(epoch));
        }
    }
}

/// In stored order blocks serve as far as positions ascend. Of a block that is cheap to read in parts, a thin
/// subset would use too little.
bool ReadingOrder::worth_blocks() const {
    if (options_.shuffle != Shuffle::none || options_.subset.empty()) {
        return options_.shuffle != Shuffle::full;
    }
    const bool dense = samples_ * 2 >= dataset_.info().size || !dataset_.single_reads_are_cheap();
    return dense && std::is_sorted(options_.subset.begin(), options_.subset.end());
}

void ReadingOrder::cut_blocks() {
    const std::vector<std::int64_t>& all = dataset_.block_starts();
    const std::vector<std::int64_t>& some = options_.subset;
    for (std::int64_t position = 0; position < samples_;) {
        const auto end = std::upper_bound(all.begin(), all.end(), picked(position));
        starts_.push_back(position);
        numbers_.push_back(end - all.begin() - 1);
        position = some.empty() ? *end : std::lower_bound(some.begin() + position, some.end(), *end) - some.begin();
    }
    starts_.push_back(samples_);
}

std::int64_t ReadingOrder::batches_per_epoch() const {
    const std::int64_t whole = samples_ / options_.global_batch / options_.batches_together * options_.batches_together;
    return options_.drop_last || samples_ % options_.global_batch == 0 ? whole : whole + 1;
}

void ReadingOrder::enter(std::int64_t epoch) {
    if (epochs_.empty()) {
        return;
    }
    EpochOrder& order = epochs_[static_cast<std::size_t>(epoch) % epochs_.size()];
    if (order.epoch() != static_cast<std::uint32_t>(epoch)) {
        order.move_to(static_cast<std::uint32_t>(epoch));
    }
}

const EpochOrder& ReadingOrder::windows(std::int64_t epoch) const {
    return epochs_[static_cast<std::size_t>(epoch) % epochs_.size()];
}

std::int64_t ReadingOrder::picked(std::int64_t position) const {
    return options_.subset.empty() ? position : options_.subset[static_cast<std::size_t>(position)];
}

Visit ReadingOrder::of_data_set(Visit visit) const {
    visit.sample = picked(visit.sample);
    visit.block = numbers_[static_cast<std::size_t>(visit.block)];
    return visit;
}

Visit ReadingOrder::in_sequence(std::int64_t epoch, std::int64_t position) const {
    if (options_.shuffle == Shuffle::full) {
        const SampleOrder order(options_.seed, static_cast<std::uint32_t>(epoch), samples_);
        return {picked(order.at(position)), -1, 0, position};
    }
    if (starts_.empty()) {
        return {picked(position), -1, 0, position};
    }
    const auto end = std::upper_bound(starts_.begin(), starts_.end(), position);
    return of_data_set({position, end - starts_.begin() - 1, (*end - 1) / options_.global_batch, position});
}

Visit ReadingOrder::at(std::int64_t epoch, std::int64_t batch, std::int64_t position) const {
    return epochs_.empty() ? in_sequence(epoch, batch * options_.global_batch + position)
                           : of_data_set(windows(epoch).at(batch, position));
}

Visit ReadingOrder::after(std::int64_t epoch, const Visit& place, const Visit& tried) const {
    return epochs_.empty() ? in_sequence(epoch, (tried.sequence + 1) % samples_)
                           : of_data_set(windows(epoch).after(place, tried));
}

} // namespace tacit::loader
