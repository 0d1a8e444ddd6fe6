// SPDX-License-Identifier: Apache-2.0
#include "dist/watchdog.hpp"

#include <algorithm>
#include <utility>

namespace tacit::dist {
namespace {

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

Watchdog::Watchdog(std::chrono::milliseconds limit, OnHang on_hang)
    : limit_ms_(limit.count()), on_hang_(std::move(on_hang)), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
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

void Watchdog::watch() {
    constexpr std::int64_t kLooksPerLimit = 20;
    constexpr std::int64_t kLongestSleep = 1000;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (overdue()) {
            on_hang_(operation_, std::chrono::milliseconds(limit_ms_));
            return;
        }
        const std::int64_t limit = limit_ms_;
        const std::int64_t sleep =
            limit > 0 ? std::clamp<std::int64_t>(limit / kLooksPerLimit, 1, kLongestSleep) : kLongestSleep;
        changed_.wait_for(lock, std::chrono::milliseconds(sleep));
    }
}

} // namespace tacit::dist
