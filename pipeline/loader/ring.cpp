// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/ring.hpp"

#include <utility>

namespace tacit::loader {

Ring::Ring(int slots, std::int64_t width, std::function<void(std::int64_t, Batch&)> prepare)
    : width_(width), prepare_(std::move(prepare)), slots_(static_cast<std::size_t>(slots)) {}

void Ring::reset() {
    tickets_ = 0;
    open_ = 0;
    front_ = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        open(static_cast<std::int64_t>(i));
    }
}

void Ring::open(std::int64_t batch) {
    Slot& to = slot(batch);
    prepare_(batch, to.batch);
    to.done = 0;
    to.ready = false;
    {
        const std::lock_guard lock(mutex_);
        to.error = nullptr;
        to.error_sample = -1;
        open_.store(batch + 1, std::memory_order_release);
    }
    opened_.notify_all();
}

bool Ring::claim(const std::stop_token& stop, Claim& out) {
    const std::int64_t ticket = tickets_.fetch_add(1, std::memory_order_relaxed);
    out.batch = ticket / width_;
    out.sample = ticket % width_;
    if (out.batch >= open_.load(std::memory_order_acquire)) {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, stop, [&] { return out.batch < open_.load(std::memory_order_acquire); });
    }
    out.to = &slot(out.batch).batch;
    return !stop.stop_requested();
}

void Ring::complete(const Claim& claim, std::exception_ptr error) {
    Slot& from = slot(claim.batch);
    if (error) {
        const std::lock_guard lock(mutex_);
        if (from.error_sample < 0 || claim.sample < from.error_sample) {
            from.error = std::move(error);
            from.error_sample = claim.sample;
        }
    }
    if (from.done.fetch_add(1, std::memory_order_acq_rel) + 1 == width_) {
        {
            const std::lock_guard lock(mutex_);
            from.ready.store(true, std::memory_order_release);
        }
        filled_.notify_one();
    }
}

bool Ring::ready(std::int64_t released) const {
    return slots_[static_cast<std::size_t>(front_ + released) % slots_.size()].ready.load(std::memory_order_acquire);
}

const Batch& Ring::front() {
    Slot& oldest = slot(front_);
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return oldest.ready.load(std::memory_order_acquire); });
    if (oldest.error) {
        std::rethrow_exception(oldest.error);
    }
    return oldest.batch;
}

void Ring::release() {
    open(front_ + static_cast<std::int64_t>(slots_.size()));
    ++front_;
}

} // namespace tacit::loader
