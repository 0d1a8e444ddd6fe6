// SPDX-License-Identifier: Apache-2.0
#include "dist/watch/watchdog.hpp"

#include <algorithm>
#include <utility>

namespace tacit::dist {

std::int64_t Watchdog::now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

Watchdog::Watchdog(std::chrono::milliseconds limit, OnOverdue on_overdue, OnLook on_look)
    : limit_ms_(limit.count()), on_overdue_(std::move(on_overdue)), on_look_(std::move(on_look)),
      thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
    end();
}

void Watchdog::end() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Watchdog::set_limit(std::chrono::milliseconds limit) {
    limit_ms_ = limit.count();
    changed_.notify_all();
}

void Watchdog::start(const char* operation) {
    operation_ = operation;
    started_ms_ = now_ms();
}

void Watchdog::stop() {
    started_ms_ = -1;
}

bool Watchdog::overdue() const {
    const std::int64_t started = started_ms_;
    const std::int64_t limit = limit_ms_;
    return started >= 0 && limit > 0 && now_ms() - started >= limit;
}

std::int64_t Watchdog::sleep_ms() const {
    constexpr std::int64_t kLooksPerLimit = 20;
    constexpr std::int64_t kLongestSleep = 1000;
    const std::int64_t limit = limit_ms_;
    return limit > 0 ? std::clamp<std::int64_t>(limit / kLooksPerLimit, 1, kLongestSleep) : kLongestSleep;
}

void Watchdog::forgive(std::int64_t pause) {
    std::int64_t started = started_ms_;
    while (started >= 0 && !started_ms_.compare_exchange_weak(started, started + pause)) {
    }
}

std::int64_t Watchdog::pause_since(std::int64_t due) {
    constexpr std::int64_t kLate = 2000; // later than any load makes a thread
    const std::int64_t late = now_ms() - due;
    return late > kLate ? late : 0;
}

void Watchdog::watch() {
    std::unique_lock lock(mutex_);
    std::int64_t looked = now_ms();
    while (!stopping_) {
        changed_.wait_for(lock, std::chrono::milliseconds(sleep_ms()));
        const std::int64_t pause = pause_since(looked + sleep_ms());
        if (pause > 0) {
            forgive(pause);
        }
        looked = now_ms();
        if (on_look_ && !stopping_) {
            on_look_(std::chrono::milliseconds(pause));
        }
        if (overdue() && on_overdue_(operation_, std::chrono::milliseconds(limit_ms_))) {
            return;
        }
    }
}

} // namespace tacit::dist
