// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/loader.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/loader/ring.hpp"
#include "pipeline/loader/sample_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tacit::loader {
namespace {

void check(const LoaderOptions& options, std::int64_t samples) {
    if (options.ranks < 1 || options.rank < 0 || options.rank >= options.ranks || options.workers < 1 ||
        options.slots < 2) {
        throw std::logic_error("Loader: ranks, rank, workers or slots out of range");
    }
    if (options.global_batch < 1 || options.global_batch % options.ranks != 0) {
        throw ConfigError(
            fmt::format("a global batch of {} cannot be shared by {} ranks; make the batch a multiple of {}",
                        options.global_batch, options.ranks, options.ranks));
    }
    if (options.drop_last && samples < options.global_batch) {
        throw ConfigError(fmt::format("{} images are less than one global batch of {}; choose a smaller batch", samples,
                                      options.global_batch));
    }
}

/// CPU time that the calling thread has used since the last reading.
class CpuMeter {
  public:
    CpuMeter() : last_(now()) {}
    std::int64_t lap() {
        const std::int64_t time = now();
        return time - std::exchange(last_, time);
    }

  private:
    static std::int64_t now() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    }
    std::int64_t last_;
};

} // namespace

struct Loader::Impl {
    Impl(const shards::Dataset& data, const augment::Recipe& views, const LoaderOptions& given);
    ~Impl() { stop(); }

    /// Position in the stream of the ring's batch `number`.
    struct Place {
        std::int64_t epoch = 0;
        std::int64_t index = 0;
    };
    Place place(std::int64_t number) const;
    std::int64_t batches_per_epoch() const;
    void prepare(std::int64_t number, Batch& batch) const;
    void start();
    void stop();
    void work(const std::stop_token& stop);
    struct Scratch;
    void fill(const Ring::Claim& claim, Scratch& scratch) const;

    const shards::Dataset& dataset;
    const augment::Recipe& recipe;
    LoaderOptions options;
    std::int64_t samples; ///< visited in an epoch if none is dropped
    std::int64_t share;   ///< of this rank in a whole global batch
    std::int64_t first_epoch = 0;
    std::int64_t first_batch = 0;
    Ring ring;
    bool holding = false; ///< the consumer has the ring's front
    double wait_seconds = 0;
    std::int64_t delivered = 0;
    std::atomic<std::int64_t> worker_nanoseconds{0};
    std::vector<std::jthread> workers;
};

/// What one worker needs again and again.
struct Loader::Impl::Scratch {
    shards::SampleBuffer buffer;
    augment::Workspace workspace;
    std::vector<augment::ViewSlot> slots;
};

Loader::Impl::Impl(const shards::Dataset& data, const augment::Recipe& views, const LoaderOptions& given)
    : dataset(data), recipe(views), options(given),
      samples(given.subset.empty() ? data.info().size : static_cast<std::int64_t>(given.subset.size())),
      share(given.global_batch / std::max(given.ranks, 1)),
      ring(given.slots, std::max<std::int64_t>(share, 1),
           [this](std::int64_t number, Batch& batch) { prepare(number, batch); }) {
    check(options, samples);
    if (recipe.output().channels != dataset.info().channels) {
        throw std::logic_error("Loader: the recipe is for another number of channels than the data set has");
    }
    for (const std::int64_t index : options.subset) {
        if (index < 0 || index >= dataset.info().size) {
            throw std::logic_error("Loader: subset index out of range");
        }
    }
}

std::int64_t Loader::Impl::batches_per_epoch() const {
    const std::int64_t whole = samples / options.global_batch;
    return options.drop_last || samples % options.global_batch == 0 ? whole : whole + 1;
}

Loader::Impl::Place Loader::Impl::place(std::int64_t number) const {
    const std::int64_t position = first_batch + number;
    return {first_epoch + position / batches_per_epoch(), position % batches_per_epoch()};
}

/// Sizes the slot and settles which samples this rank's slice of the global batch holds.
void Loader::Impl::prepare(std::int64_t number, Batch& batch) const {
    const Place at = place(number);
    batch.epoch = at.epoch;
    batch.index = at.index;
    const std::int64_t begin = at.index * options.global_batch;
    const std::int64_t global = std::min(options.global_batch, samples - begin);
    const std::int64_t skip = std::min(global, options.rank * share);
    batch.count = std::min(global, (options.rank + 1) * share) - skip;
    batch.shape = recipe.output();
    batch.ids.resize(static_cast<std::size_t>(batch.count));
    batch.labels.resize(static_cast<std::size_t>(batch.count));
    const SampleOrder order(options.seed, static_cast<std::uint32_t>(at.epoch), samples);
    for (std::int64_t i = 0; i < batch.count; ++i) {
        const std::int64_t position = begin + skip + i;
        const std::int64_t picked = options.shuffle ? order.at(position) : position;
        const std::int64_t id = options.subset.empty() ? picked : options.subset[static_cast<std::size_t>(picked)];
        batch.ids[static_cast<std::size_t>(i)] = id;
        batch.labels[static_cast<std::size_t>(i)] = dataset.labels()[static_cast<std::size_t>(id)];
    }
    const auto count = static_cast<std::size_t>(batch.count);
    const std::size_t image = batch.shape.bytes();
    const std::size_t plane = image / static_cast<std::size_t>(batch.shape.channels);
    batch.views.resize(static_cast<std::size_t>(recipe.views()));
    for (std::size_t v = 0; v < batch.views.size(); ++v) {
        const augment::ViewOutputs outputs = recipe.outputs(static_cast<int>(v));
        batch.views[v].pixels.resize(count * image);
        batch.views[v].masks.resize(outputs.mask ? count * plane : 0);
        batch.views[v].rotation.resize(outputs.rotation ? count : 0);
    }
}

void Loader::Impl::fill(const Ring::Claim& claim, Scratch& scratch) const {
    Batch& batch = *claim.to;
    const auto sample = static_cast<std::size_t>(claim.sample);
    const std::size_t image = batch.shape.bytes();
    const std::size_t plane = image / static_cast<std::size_t>(batch.shape.channels);
    for (std::size_t v = 0; v < batch.views.size(); ++v) {
        BatchView& view = batch.views[v];
        scratch.slots[v] = {view.pixels.data() + sample * image,
                            view.masks.empty() ? nullptr : view.masks.data() + sample * plane,
                            view.rotation.empty() ? nullptr : view.rotation.data() + sample};
    }
    const std::int64_t id = batch.ids[sample];
    const std::int64_t epoch = options.fixed_epoch >= 0 ? options.fixed_epoch : batch.epoch;
    recipe.apply(dataset.read(id, scratch.buffer),
                 {options.seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint64_t>(id)}, scratch.slots,
                 scratch.workspace);
}

void Loader::Impl::work(const std::stop_token& stop) {
    constexpr int kSamplesPerLap = 16; // Reading the thread's clock is a system call.
    Scratch scratch;
    scratch.slots.resize(static_cast<std::size_t>(recipe.views()));
    CpuMeter meter;
    Ring::Claim claim;
    for (int since_lap = 0; ring.claim(stop, claim); ++since_lap) {
        std::exception_ptr error;
        try {
            if (claim.sample < claim.to->count) {
                fill(claim, scratch);
            }
        } catch (...) {
            error = std::current_exception();
        }
        ring.complete(claim, error);
        if (since_lap >= kSamplesPerLap) {
            worker_nanoseconds += meter.lap();
            since_lap = 0;
        }
    }
    worker_nanoseconds += meter.lap();
}

void Loader::Impl::start() {
    ring.reset();
    for (int i = 0; i < options.workers; ++i) {
        workers.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

void Loader::Impl::stop() {
    for (std::jthread& worker : workers) {
        worker.request_stop();
    }
    workers.clear();
    holding = false;
}

Loader::Loader(const shards::Dataset& dataset, const augment::Recipe& recipe, const LoaderOptions& options)
    : impl_(std::make_unique<Impl>(dataset, recipe, options)) {}

Loader::~Loader() = default;

std::int64_t Loader::batches_per_epoch() const {
    return impl_->batches_per_epoch();
}

void Loader::seek(std::int64_t epoch, std::int64_t batch) {
    if (epoch < 0 || batch < 0) {
        throw std::logic_error("Loader: seek to a negative place");
    }
    impl_->stop();
    impl_->first_epoch = epoch;
    impl_->first_batch = batch;
}

const Batch& Loader::next() {
    if (impl_->workers.empty()) {
        impl_->start();
    }
    if (impl_->holding) {
        impl_->ring.release();
        impl_->holding = false;
    }
    const auto start = std::chrono::steady_clock::now();
    const Batch& batch = impl_->ring.front();
    impl_->wait_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    impl_->holding = true;
    impl_->delivered += batch.count;
    return batch;
}

LoaderStats Loader::stats() const {
    return {impl_->wait_seconds, static_cast<double>(impl_->worker_nanoseconds.load()) * 1e-9, impl_->delivered};
}

} // namespace tacit::loader
