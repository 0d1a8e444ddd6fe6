// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <vector>

namespace tacit::train {

/// While it lives, SIGINT, SIGTERM, SIGUSR1 and SIGHUP (unless nohup has it ignored) ask for a stop at the next step
/// boundary instead of ending the process. A second SIGINT ends it at once. Restores the previous handlers. One at a
/// time.
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
/// Readable (poll(2)) from a request for a stop to clear_stop(), so that a thread can wait for it; never read from it.
/// The same at every call, open as long as the process lives.
int stop_descriptor();

} // namespace tacit::train
