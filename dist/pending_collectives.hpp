// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace tacit::dist {

/// Collectives that go on after their call has returned, in the order of the calls. Any thread may add; one thread, the
/// watchdog's, looks. Times are milliseconds of one steady clock.
class PendingCollectives {
  public:
    /// What a look found.
    struct Look {
        std::int64_t begun = 0; ///< collectives that this device came to since the last look
        bool progress = false;  ///< one of them began or ended since then
        bool waiting = false;   ///< the oldest has begun and not ended
    };
    /// The oldest one, if it has begun.
    struct Waiting {
        const char* operation = "";
        std::int64_t since = 0;
    };

    void add(const char* operation, Communicator::Phase phase);
    /// Asks for the phases, from the oldest on, and forgets what has ended. What a phase throws is rethrown.
    Look look(std::int64_t now);
    std::optional<Waiting> waiting() const;
    /// The whole process was stopped for `pause`: that time does not count.
    void forgive(std::int64_t pause);

  private:
    struct Pending {
        const char* operation = "";
        Communicator::Phase phase;
        std::int64_t begun_at = -1; ///< -1: not yet
    };
    mutable std::mutex mutex_;
    std::deque<Pending> pending_;
};

} // namespace tacit::dist
