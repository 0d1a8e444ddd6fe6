// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/signals.hpp"

#include <array>
#include <atomic>
#include <unistd.h>

namespace tacit::train {

namespace {

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGUSR1};

std::atomic<bool> stop{false};
std::atomic<int> interrupts{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers may only touch lock-free atomics");

void on_signal(int signal) {
    stop.store(true);
    if (signal == SIGINT && interrupts.fetch_add(1) > 0)
        _exit(128 + SIGINT);
}

} // namespace

StopSignals::StopSignals() {
    interrupts.store(0);
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (const int signal : kStopSignals) {
        struct sigaction old {};
        sigaction(signal, &action, &old);
        previous_.push_back(old);
    }
}

StopSignals::~StopSignals() {
    for (std::size_t i = 0; i < previous_.size(); ++i)
        sigaction(kStopSignals[i], &previous_[i], nullptr);
}

bool stop_requested() noexcept {
    return stop.load();
}
void request_stop() noexcept {
    stop.store(true);
}
void clear_stop() noexcept {
    stop.store(false);
}

} // namespace tacit::train
