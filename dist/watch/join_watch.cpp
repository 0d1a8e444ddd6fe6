// SPDX-License-Identifier: Apache-2.0
#include "dist/watch/join_watch.hpp"

#include "dist/communicator.hpp"
#include "dist/launch/processes.hpp"
#include "pipeline/base/error.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <mpi.h>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tacit::dist {
namespace {

std::chrono::seconds patience_at_start() {
    const char* const given = std::getenv("TACIT_START_TIMEOUT"); // NOLINT(concurrency-mt-unsafe)
    if (given == nullptr) {
        return kDefaultTimeout;
    }
    const std::string_view text = given;
    std::int32_t seconds = -1;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || seconds < 0) {
        throw ConfigError(fmt::format("TACIT_START_TIMEOUT '{}' is no number of seconds (0: wait for ever)", text));
    }
    return std::chrono::seconds(seconds);
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

/// Of this host.
struct Ranks {
    std::map<int, pid_t> stopped; ///< by rank: one of its processes that is
    std::set<int> all;
};

Ranks ranks_of_host() {
    Ranks ranks;
    for (const Process& process : processes_of_job(::getpid())) {
        if (const int rank = launched_rank(process.id); rank >= 0) {
            ranks.all.insert(rank);
            if (process.stopped) {
                ranks.stopped.emplace(rank, process.id);
            }
        }
    }
    return ranks;
}

/// Whether a rank before `own` runs.
bool any_before(int own, const Ranks& ranks) {
    return std::any_of(ranks.all.begin(), ranks.all.lower_bound(own),
                       [&](int rank) { return !ranks.stopped.contains(rank); });
}

std::string text_of(const std::map<int, pid_t>& stopped) {
    if (stopped.empty()) {
        return "no stopped rank is seen on this host; other ranks do not come, or the network or MPI hangs";
    }
    std::vector<std::string> names;
    for (const auto& [rank, process] : stopped) {
        names.push_back(fmt::format("rank {} (process {})", rank, process));
    }
    return fmt::format("{} of this host is stopped", fmt::join(names, ", "));
}

bool end_hang(const char* operation, std::chrono::milliseconds waited) {
    constexpr std::chrono::seconds kGrace{2};
    const int code = static_cast<int>(ExitCode::hang);
    const int own = launched_rank(::getpid());
    const Ranks ranks = ranks_of_host();
    if (any_before(own, ranks)) { // it has the word, and ends the job, unless it has not come here itself
        std::this_thread::sleep_for(kGrace);
    }
    end_job(
        fmt::format("tacit: error: rank {} on {}: {} did not finish in {} s (dist.timeout, and before the config is "
                    "read TACIT_START_TIMEOUT): {}; exit code {}\n",
                    own, host_name(), operation, std::chrono::duration_cast<std::chrono::seconds>(waited).count(),
                    text_of(ranks.stopped), code)
            .c_str(),
        code);
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
