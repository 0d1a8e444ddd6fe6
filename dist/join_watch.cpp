// SPDX-License-Identifier: Apache-2.0
#include "dist/join_watch.hpp"

#include "dist/communicator.hpp"
#include "dist/processes.hpp"
#include "pipeline/base/error.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <mpi.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace tacit::dist {
namespace {

std::chrono::seconds patience_at_start() {
    const char* const text = std::getenv("TACIT_START_TIMEOUT"); // NOLINT(concurrency-mt-unsafe)
    char* end = nullptr;
    const long seconds = text == nullptr ? -1 : std::strtol(text, &end, 10);
    return seconds < 0 || *end != '\0' || end == text ? kDefaultTimeout : std::chrono::seconds(seconds);
}

std::atomic<std::chrono::seconds>& limit() {
    static std::atomic<std::chrono::seconds> value{patience_at_start()};
    return value;
}

std::string host_name() {
    std::string name(65, '\0');
    ::gethostname(name.data(), name.size() - 1);
    return name.c_str();
}

/// Who of this host's ranks is stopped; empty where this rank leaves the word to a running one before it.
std::string stopped_ranks() {
    std::string stopped;
    for (const Process& process : siblings()) {
        const int rank = launched_rank(process.id);
        if (process.stopped && rank >= 0) {
            stopped += fmt::format("{}rank {} (process {})", stopped.empty() ? "" : ", ", rank, process.id);
        } else if (rank >= 0 && rank < launched_rank(::getpid())) {
            return "";
        }
    }
    return stopped.empty()
               ? "none of this host's ranks is stopped; ranks of other hosts do not come, or the network or "
                 "MPI hangs"
               : stopped + " of this host is stopped";
}

bool end_hang(const char* operation, std::chrono::milliseconds waited) {
    const int code = static_cast<int>(ExitCode::hang);
    const std::string who = stopped_ranks();
    if (who.empty()) { // the one that has the word ends the job
        std::this_thread::sleep_for(std::chrono::seconds(2));
    }
    const std::string line =
        who.empty()
            ? ""
            : fmt::format("tacit: error: rank {} on {}: {} did not finish in {} s (dist.timeout, and before the "
                          "config is read TACIT_START_TIMEOUT): {}; exit code {}\n",
                          launched_rank(::getpid()), host_name(), operation,
                          std::chrono::duration_cast<std::chrono::seconds>(waited).count(), who, code);
    end_job(line.c_str(), code);
}

} // namespace

std::chrono::seconds patience() {
    return limit();
}

void set_patience(std::chrono::seconds seconds) {
    limit() = seconds;
}

JoinWatch::JoinWatch(const char* operation, std::chrono::seconds least)
    : watchdog_(patience().count() > 0 ? std::max(patience(), least) : patience(), end_hang) {
    watchdog_.start(operation);
}

void end_job(const char* line, int exit_code) {
    constexpr std::chrono::seconds kLongest{3};
    std::fputs(line, stderr);
    int initialized = 0;
    int finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (initialized != 0 && finalized == 0) {
        std::thread([exit_code, kLongest] { // should MPI hang here too
            std::this_thread::sleep_for(kLongest);
            ::_exit(exit_code);
        })
            .detach();
        MPI_Abort(MPI_COMM_WORLD, exit_code); // srun would wait for a rank that is stopped
    }
    ::_exit(exit_code);
}

} // namespace tacit::dist
