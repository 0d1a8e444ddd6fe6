// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace tacit::dist {

/// Notices when an operation does not end: a thread that waits in a collective for a rank that hangs cannot do that
/// itself. One operation at a time; start() and stop() cost tens of nanoseconds. Time in which the whole process was
/// stopped (a suspended job) does not count.
class Watchdog {
  public:
    /// Called on the watchdog's thread, at every look, once an operation lasts longer than the limit. Returns whether
    /// it is a hang: then the watchdog is done.
    using OnOverdue = std::function<bool(const char* operation, std::chrono::milliseconds limit)>;
    /// Called there at every look; `pause`: how long the whole process was stopped before it.
    using OnLook = std::function<void(std::chrono::milliseconds pause)>;
    Watchdog(std::chrono::milliseconds limit, OnOverdue on_overdue, OnLook on_look = {});
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// 0: never.
    void set_limit(std::chrono::milliseconds limit);
    std::chrono::milliseconds limit() const { return std::chrono::milliseconds(limit_ms_); }
    /// `operation` must outlive the watching: a literal.
    void start(const char* operation);
    void stop();
    bool watching() const { return started_ms_ >= 0; }
    /// Whether an operation lasts longer than the limit.
    bool overdue() const;
    /// Ends the looks for good.
    void end();

    /// Milliseconds of the steady clock.
    static std::int64_t now_ms();
    /// How long the whole process was stopped, seen by a thread that was to look at `due` of that clock.
    static std::int64_t pause_since(std::int64_t due);

  private:
    void watch();
    std::int64_t sleep_ms() const;
    void forgive(std::int64_t pause);

    std::atomic<std::int64_t> limit_ms_;
    std::atomic<std::int64_t> started_ms_{-1}; ///< of the steady clock; -1: nothing is being watched
    std::atomic<const char*> operation_{""};
    OnOverdue on_overdue_;
    OnLook on_look_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_; ///< last, because it uses all of the above
};

} // namespace tacit::dist
