// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/watch/watchdog.hpp"

#include <chrono>

namespace tacit::dist {

/// How long ranks wait for each other: TACIT_START_TIMEOUT in seconds, else kDefaultTimeout, until set_patience() says
/// what the config does. 0: for ever. Throws ConfigError where that variable is no such number. Thread-safe.
std::chrono::seconds patience();
void set_patience(std::chrono::seconds limit);

/// Watches MPI, as long as it lives, while ranks join and while they part, when no messages tell of the others. Where
/// that lasts longer than patience() it ends this process with exit code 76 and a line that names the ranks of this
/// host that are stopped; of those of other hosts their own lines tell.
class JoinWatch {
  public:
    /// `operation`: a literal. `least`: that it may last however little patience() is.
    explicit JoinWatch(const char* operation, std::chrono::seconds least = std::chrono::seconds(0));

  private:
    Watchdog watchdog_;
};

/// Ends the job with `exit_code`, after a word on stderr: also where the launcher waits for ranks that do not come.
[[noreturn]] void end_job(const char* line, int exit_code);

} // namespace tacit::dist
