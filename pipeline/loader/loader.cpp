// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/loader.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/loader/ring.hpp"
#include "pipeline/loader/sample_source.hpp"

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

/// The options themselves, if they fit each other and the data set.
const LoaderOptions& checked(const LoaderOptions& options, const shards::Dataset& dataset) {
    if (options.ranks < 1 || options.rank < 0 || options.rank >= options.ranks || options.workers < 1 ||
        options.slots < 2 || options.window < 1 || options.lanes < 1) {
        throw std::logic_error("Loader: ranks, rank, workers, slots, window or lanes out of range");
    }
    if (options.shuffle == Shuffle::window && !options.drop_last) {
        throw std::logic_error("Loader: windows need drop_last");
    }
    const std::int64_t samples =
        options.subset.empty() ? dataset.info().size : static_cast<std::int64_t>(options.subset.size());
    if (options.global_batch < 1 || options.global_batch % options.ranks != 0) {
        throw ConfigError(
            fmt::format("a global batch of {} cannot be shared by {} ranks; make the batch a multiple of {}",
                        options.global_batch, options.ranks, options.ranks));
    }
    if (options.drop_last && samples < options.global_batch) {
        throw ConfigError(fmt::format("{} images are less than one global batch of {}; choose a smaller batch", samples,
                                      options.global_batch));
    }
    return options;
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

/// Element `i`, or null if the view makes no such output.
template <class T> T* element(std::pmr::vector<T>& values, std::size_t i) {
    return values.empty() ? nullptr : values.data() + i;
}

/// Where the outputs of one sample go.
augment::ViewSlot slot_of(BatchView& view, std::size_t sample) {
    return {.pixels = element(view.pixels, sample * view.shape.bytes()),
            .mask = element(view.masks, sample * view.mask_shape.bytes()),
            .rotation = element(view.rotation, sample),
            .permutation = element(view.permutation, sample),
            .values = element(view.values, sample * view.shape.values())};
}

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
    void prepare(std::int64_t number, Batch& batch);
    void start();
    void stop();
    /// What one worker needs again and again.
    struct Scratch {
        shards::SampleBuffer buffers;
        augment::Workspace workspace;
        std::vector<augment::ViewSlot> slots;
    };
    void work(const std::stop_token& stop, Scratch& scratch);
    void fill(const Ring::Claim& claim, Scratch& scratch);

    const augment::Recipe& recipe;
    LoaderOptions options;
    bool floats;    ///< images have more than 8 bits
    bool as_stored; ///< every image is its own view of 8 bits: it may be read where it belongs
    SampleSource source;
    std::int64_t first_epoch = 0;
    std::int64_t first_batch = 0;
    Ring ring;
    bool holding = false;      ///< the consumer has the ring's front
    std::int64_t released = 0; ///< batches given back to the ring
    double wait_seconds = 0;
    std::int64_t delivered = 0;
    std::atomic<std::int64_t> worker_nanoseconds{0};
    std::vector<Scratch> scratches; ///< a worker; made by the consumer, to whom a failure belongs
    std::vector<std::jthread> workers;
};

Loader::Impl::Impl(const shards::Dataset& data, const augment::Recipe& views, const LoaderOptions& given)
    : recipe(views), options(checked(given, data)), floats(data.info().floats()),
      as_stored(!floats && views.keeps(data.info().shape)), source(data, options),
      ring(options.slots, options.global_batch / options.ranks,
           [this](std::int64_t number, Batch& batch) { prepare(number, batch); }) {
    if (recipe.channels() != data.info().channels) {
        throw std::logic_error("Loader: the recipe is for another number of channels than the data set has");
    }
    if (floats) {
        recipe.require_floats();
    }
}

std::int64_t Loader::Impl::batches_per_epoch() const {
    return source.order().batches_per_epoch();
}

Loader::Impl::Place Loader::Impl::place(std::int64_t number) const {
    const std::int64_t position = first_batch + number;
    return {first_epoch + position / batches_per_epoch(), position % batches_per_epoch()};
}

/// Sizes the slot and settles which samples this rank's slice of the global batch holds.
void Loader::Impl::prepare(std::int64_t number, Batch& batch) {
    const Place at = place(number);
    batch.epoch = at.epoch;
    batch.index = at.index;
    source.open(number, batch);
    const auto count = static_cast<std::size_t>(batch.count);
    while (batch.views.size() < static_cast<std::size_t>(recipe.views())) {
        batch.views.emplace_back(options.memory);
    }
    for (std::size_t v = 0; v < batch.views.size(); ++v) {
        BatchView& view = batch.views[v];
        const augment::ViewOutputs outputs = recipe.outputs(static_cast<int>(v));
        view.shape = recipe.output(static_cast<int>(v));
        view.mask_shape = outputs.mask;
        view.pixels.resize(floats ? 0 : count * view.shape.bytes());
        view.values.resize(floats ? count * view.shape.values() : 0);
        view.masks.resize(count * view.mask_shape.bytes());
        view.rotation.resize(outputs.rotation ? count : 0);
        view.permutation.resize(outputs.permutation ? count : 0);
    }
}

void Loader::Impl::fill(const Ring::Claim& claim, Scratch& scratch) {
    Batch& batch = *claim.to;
    const auto sample = static_cast<std::size_t>(claim.sample);
    std::transform(batch.views.begin(), batch.views.end(), scratch.slots.begin(),
                   [sample](BatchView& view) { return slot_of(view, sample); });
    const std::int64_t epoch = options.fixed_epoch >= 0 ? options.fixed_epoch : batch.epoch;
    scratch.buffers.target = as_stored ? scratch.slots[0].pixels : nullptr;
    augment::SampleViews views{recipe, {options.seed, static_cast<std::uint32_t>(epoch), 0}};
    const auto make = [&](const auto& image) {
        if (floats || static_cast<const void*>(image.pixels.data) != scratch.slots[0].pixels) {
            recipe.apply(image, views.key, scratch.slots, scratch.workspace);
        }
    };
    if (floats) {
        source.deliver<float>(claim.batch, claim.sample, batch, views, scratch.buffers, make);
    } else {
        source.deliver<std::uint8_t>(claim.batch, claim.sample, batch, views, scratch.buffers, make);
    }
}

/// Takes no memory but in fill(): nothing is thrown where it would end the program.
void Loader::Impl::work(const std::stop_token& stop, Scratch& scratch) {
    constexpr int kSamplesPerLap = 16; // Reading the thread's clock is a system call.
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
    source.clear();
    ring.reset();
    released = 0;
    scratches = std::vector<Scratch>(static_cast<std::size_t>(options.workers));
    workers.reserve(scratches.size());
    for (Scratch& scratch : scratches) {
        scratch.slots.resize(static_cast<std::size_t>(recipe.views()));
    }
    for (Scratch& scratch : scratches) {
        workers.emplace_back([this, &scratch](const std::stop_token& stop) { work(stop, scratch); });
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
        impl_->source.release(impl_->released++);
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

bool Loader::ready() const {
    return !impl_->workers.empty() && impl_->ring.ready(impl_->holding ? 1 : 0);
}

LoaderStats Loader::stats() const {
    const BlockCache& blocks = impl_->source.blocks();
    return {impl_->wait_seconds, static_cast<double>(impl_->worker_nanoseconds.load()) * 1e-9, impl_->delivered,
            blocks.loads(), blocks.bytes()};
}

std::vector<BadSample> Loader::bad_samples() const {
    return impl_->source.bad_samples().list();
}

} // namespace tacit::loader
