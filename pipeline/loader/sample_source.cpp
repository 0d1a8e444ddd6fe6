// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/sample_source.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace tacit::loader {

SampleSource::SampleSource(const shards::Dataset& dataset, const LoaderOptions& options)
    : dataset_(dataset), global_batch_(options.global_batch), share_(options.global_batch / options.ranks),
      rank_(options.rank), skip_(options.on_bad_sample == OnBadSample::skip),
      stand_ins_(options.shuffle != Shuffle::none), order_(dataset, options), blocks_(dataset),
      bad_(options.max_bad_samples, stand_ins_ ? "another image takes its place" : "it is left out"),
      picks_(static_cast<std::size_t>(options.slots)) {}

void SampleSource::open(std::int64_t number, Batch& batch) {
    order_.enter(batch.epoch);
    const std::int64_t global = std::min(global_batch_, order_.samples() - batch.index * global_batch_);
    const std::int64_t skip = std::min(global, rank_ * share_);
    batch.count = std::min(global, (rank_ + 1) * share_) - skip;
    const auto count = static_cast<std::size_t>(batch.count);
    batch.ids.resize(count);
    batch.labels.resize(count);
    std::vector<Pick>& settled = picks(number);
    settled.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Visit visit = order_.at(batch.epoch, batch.index, skip + static_cast<std::int64_t>(i));
        settled[i] = pick(visit, number, batch);
        batch.ids[i] = visit.sample;
        batch.labels[i] = dataset_.labels()[static_cast<std::size_t>(visit.sample)];
    }
}

SampleSource::Pick SampleSource::pick(const Visit& visit, std::int64_t number, const Batch& batch) {
    if (visit.block < 0) {
        return {visit, nullptr};
    }
    const std::int64_t last = std::max(visit.last_batch, batch.index); // A stand-in's own window may be over.
    const std::int64_t until = last == kAlways ? kAlways : number + last - batch.index;
    return {visit, &blocks_.want(visit.block, until)};
}

template <class T>
augment::BasicImageWindow<T> SampleSource::pixels(const Pick& pick, const augment::SampleViews& views,
                                                  shards::SampleBuffer& buffers) {
    const std::int64_t sample = pick.visit.sample;
    const shards::Block* block = pick.block == nullptr ? nullptr : &blocks_.get(*pick.block, buffers.scratch);
    if constexpr (std::is_same_v<T, float>) {
        return block == nullptr ? dataset_.read_floats(sample, buffers) : dataset_.floats(*block, sample, buffers);
    } else {
        return block == nullptr ? dataset_.read(sample, views, buffers)
                                : dataset_.image(*block, sample, views, buffers);
    }
}

template augment::ImageWindow SampleSource::pixels<std::uint8_t>(const Pick&, const augment::SampleViews&,
                                                                 shards::SampleBuffer&);
template augment::FloatImageWindow SampleSource::pixels<float>(const Pick&, const augment::SampleViews&,
                                                               shards::SampleBuffer&);

void SampleSource::fail(std::int64_t sample, const DataError& error) const {
    throw DataError(fmt::format("{}: {}", dataset_.name(sample), error.what()));
}

std::optional<SampleSource::Pick> SampleSource::stand_in(const Pick& settled, const Pick& bad, std::int64_t number,
                                                         const Batch& batch) {
    if (!stand_ins_) {
        return std::nullopt;
    }
    const Pick next = pick(order_.after(batch.epoch, settled.visit, bad.visit), number, batch);
    if (next.visit.sequence == settled.visit.sequence) {
        throw DataError(fmt::format("{}: no image can take the place of image {}: none of split '{}' can be used; "
                                    "`tacit data verify {}` says why",
                                    dataset_.info().path, settled.visit.sample, dataset_.info().split,
                                    dataset_.info().path));
    }
    return next;
}

} // namespace tacit::loader
