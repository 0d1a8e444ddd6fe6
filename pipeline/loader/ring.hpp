// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/batch.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

namespace tacit::loader {

/// A bounded ring of batch slots between worker threads and one consumer. Batches are numbered from 0 and
/// delivered in order. Work is handed out as tickets: ticket t is sample t % width of batch t / width, so that a
/// worker claims its next sample with one atomic addition and batches fill in order. A batch whose slot is
/// still in use makes its workers wait: that is the back-pressure.
class Ring {
  public:
    /// One claimed sample.
    struct Claim {
        std::int64_t batch = 0;
        std::int64_t sample = 0;
        Batch* to = nullptr;
    };

    /// `width` samples at most in a batch. `prepare(number, batch)` sets up a slot before workers fill it; it runs
    /// on the consumer's thread.
    Ring(int slots, std::int64_t width, std::function<void(std::int64_t, Batch&)> prepare);

    /// Forgets everything and opens the first slots. Only while no worker runs.
    void reset();

    /// The next sample to make; blocks while the ring is full. False once `stop` is requested.
    bool claim(const std::stop_token& stop, Claim& out);
    /// The claimed sample is in place, or cannot be made: then `error` travels to the consumer of its batch.
    void complete(const Claim& claim, std::exception_ptr error = nullptr);

    /// The oldest batch not yet released; blocks until it is whole. Rethrows the error of its first sample
    /// that failed, again at every call.
    const Batch& front();
    /// Whether front() would return at once, after so many more calls of release(): 0 or 1.
    bool ready(std::int64_t released) const;
    /// Gives the oldest batch's slot back to the workers.
    void release();

  private:
    struct Slot {
        Batch batch;
        std::atomic<std::int64_t> done{0};
        std::atomic<bool> ready{false};
        std::exception_ptr error;       ///< guarded by mutex_
        std::int64_t error_sample = -1; ///< guarded by mutex_
    };
    Slot& slot(std::int64_t batch) { return slots_[static_cast<std::size_t>(batch) % slots_.size()]; }
    void open(std::int64_t batch);

    std::int64_t width_;
    std::function<void(std::int64_t, Batch&)> prepare_;
    std::vector<Slot> slots_;
    std::atomic<std::int64_t> tickets_{0};
    std::atomic<std::int64_t> open_{0}; ///< batches below this number may be filled
    std::int64_t front_ = 0;            ///< consumer only
    std::mutex mutex_;
    std::condition_variable_any opened_;
    std::condition_variable filled_;
};

} // namespace tacit::loader
