// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/machine/signals.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace tacit::train {

namespace {

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};

std::atomic<bool> stop{false};
std::atomic<int> interrupts{0};
std::atomic<int> wake{-1}; ///< what stop_descriptor() made
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers may only touch lock-free atomics");

void on_signal(int signal) {
    const int code = errno;
    request_stop();
    errno = code;
    if (signal == SIGINT && interrupts.fetch_add(1) > 0) {
        _exit(128 + SIGINT);
    }
}

} // namespace

StopSignals::StopSignals() {
    interrupts.store(0);
    stop_descriptor(); // made here and not by the handler, which may not
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (const int signal : kStopSignals) {
        struct sigaction old {};
        sigaction(signal, &action, &old);
        if (signal == SIGHUP && old.sa_handler == SIG_IGN) { // nohup
            sigaction(signal, &old, nullptr);
        }
        previous_.push_back(old);
    }
}

StopSignals::~StopSignals() {
    for (std::size_t i = 0; i < previous_.size(); ++i) {
        sigaction(kStopSignals[i], &previous_[i], nullptr);
    }
}

bool stop_requested() noexcept {
    return stop.load();
}

void request_stop() noexcept {
    stop.store(true);
    const std::uint64_t one = 1;
    if (const int descriptor = wake.load(); descriptor >= 0) {
        static_cast<void>(::write(descriptor, &one, sizeof one) + 0); // fails only where it is readable already
    }
}

void clear_stop() noexcept {
    stop.store(false);
    std::uint64_t count = 0;
    if (const int descriptor = wake.load(); descriptor >= 0) {
        static_cast<void>(::read(descriptor, &count, sizeof count) + 0); // fails only where there is nothing to clear
    }
}

int stop_descriptor() {
    static const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    wake.store(descriptor);
    if (stop.load()) {
        request_stop();
    }
    return descriptor;
}

} // namespace tacit::train
