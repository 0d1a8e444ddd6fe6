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
/// itself. One operation at a time; start() and stop() cost tens of nanoseconds.
class Watchdog {
  public:
    /// `on_hang` is called once, on the watchdog's thread, with the operation's name and its limit.
    using OnHang = std::function<void(const char* operation, std::chrono::milliseconds limit)>;
    Watchdog(std::chrono::milliseconds limit, OnHang on_hang);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// 0: never.
    void set_limit(std::chrono::milliseconds limit);
    /// `operation` must outlive the watching: a literal.
    void start(const char* operation);
    void stop();

  private:
    void watch();
    bool overdue() const;

    std::atomic<std::int64_t> limit_ms_;
    std::atomic<std::int64_t> started_ms_{-1}; ///< of the steady clock; -1: nothing is being watched
    std::atomic<const char*> operation_{""};
    OnHang on_hang_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_; ///< last, because it uses all of the above
};

} // namespace tacit::dist
