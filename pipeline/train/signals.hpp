// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <vector>

namespace tacit::train {

/// While it lives, SIGINT, SIGTERM and SIGUSR1 ask for a stop at the next step boundary instead of
/// ending the process. A second SIGINT ends it at once. Restores the previous handlers. One at a time.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

  private:
    std::vector<struct sigaction> previous_;
};

/// Whether a stop was asked for, by a signal or by request_stop(), since the last clear_stop().
bool stop_requested() noexcept;
/// Asks for a stop as a signal would. Async-signal-safe.
void request_stop() noexcept;
void clear_stop() noexcept;

} // namespace tacit::train
