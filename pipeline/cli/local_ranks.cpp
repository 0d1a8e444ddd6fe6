// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/local_ranks.hpp"

#include "dist/communicator.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tacit::cli {
namespace {

constexpr const char* kGuardVariable = "TACIT_GUARD";
constexpr int kSignalled = 128; ///< shells and mpirun add it to the number of the signal that ended a process

/// What a person would otherwise have to tell mpirun; their own settings win. The second of a pair is Open MPI 5's
/// name.
constexpr std::array<std::array<const char*, 2>, 8> kSettings = {{
    {kGuardVariable, "1"},
    {"OMPI_MCA_rmaps_base_oversubscribe", "1"},
    {"PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"},
    {"OMPI_MCA_hwloc_base_binding_policy", "none"}, // Tacit binds ranks to NUMA nodes (dist.bind)
    {"PRTE_MCA_hwloc_default_binding_policy", "none"},
    {"OMPI_MCA_orte_execute_quiet", "1"}, // Tacit says in one line what mpirun says in twenty
    {"OMPI_ALLOW_RUN_AS_ROOT", "1"},
    {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
}};

std::string find_in_path(const std::string& program) {
    const char* path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe)
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (const std::string file = folder + "/" + program; ::access(file.c_str(), X_OK) == 0) {
            return file;
        }
    }
    return "";
}

/// The signals that this process waits for, which are blocked, so that none is missed and no handler is needed.
sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGCHLD}) {
        sigaddset(&signals, signal);
    }
    struct sigaction closed {};
    if (::sigaction(SIGHUP, nullptr, &closed) == 0 && closed.sa_handler != SIG_IGN) { // nohup ignores it
        sigaddset(&signals, SIGHUP);
    }
    return signals;
}

/// Between fork and exec: out of the terminal's foreground, which may neither interrupt nor feed it, and with SIGUSR1
/// should this process be killed.
[[noreturn]] void become(const std::string& program, std::vector<char*>& arguments, const sigset_t& mask,
                         int stop_signal) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, stop_signal);
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) {
        ::dup2(nothing, STDIN_FILENO);
    }
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
}

pid_t start(const std::string& program, const std::vector<std::string>& words, const sigset_t& mask, int stop_signal) {
    std::vector<std::string> owned = words;
    std::vector<char*> arguments;
    for (std::string& word : owned) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) {
        throw Error("cannot start mpirun: " + errno_text());
    }
    if (child == 0) {
        become(program, arguments, mask, stop_signal);
    }
    return child;
}

/// How the ranks ended.
struct Ending {
    int code = 0;     ///< mpirun's exit code, or kSignalled plus the signal that ended mpirun itself
    bool told = true; ///< it is mpirun's own
    int stopped = 0;  ///< the first signal that asked for a stop; 0: none
    bool forced = false;
};

/// mpirun drops a signal that comes before its ranks run. So SIGUSR1, which ranks take as often as it comes
/// (heed_guard()), is sent again until they end.
Ending guard(pid_t launcher, const sigset_t& signals, int stop_signal) {
    constexpr timespec kAgain{1, 0};
    Ending ending;
    while (true) {
        const bool repeat = ending.stopped != 0 && !ending.forced && stop_signal == SIGUSR1;
        const int signal = repeat ? ::sigtimedwait(&signals, nullptr, &kAgain) : ::sigwaitinfo(&signals, nullptr);
        if (signal < 0 && errno == EAGAIN) {
            ::kill(launcher, stop_signal);
        }
        int status = 0;
        if (signal == SIGCHLD && ::waitpid(launcher, &status, WNOHANG) == launcher) {
            ending.told = WIFEXITED(status);
            ending.code = ending.told ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
            return ending;
        }
        if (signal < 0 || signal == SIGCHLD) {
            continue;
        }
        ending.forced |= ending.stopped != 0 && signal == SIGINT;
        if (ending.stopped == 0) {
            ending.stopped = signal;
        }
        ::kill(launcher, ending.forced ? SIGTERM : stop_signal);
    }
}

std::string text_of(const Ending& ending) {
    const int signal = ending.code - kSignalled;
    if (signal > 0 && signal <= SIGRTMAX) {
        return fmt::format("{} was ended by signal {} ({}{})", ending.told ? "a rank" : "mpirun", signal,
                           ::strsignal(signal), // NOLINT(concurrency-mt-unsafe)
                           signal == SIGKILL ? ": by hand, or for want of memory" : "");
    }
    if (signal > 0) {
        return fmt::format("mpirun failed by itself with code {} (`mpirun -np 2 hostname` tries it alone)",
                           ending.code);
    }
    return fmt::format("mpirun ended with code {}", ending.code);
}

ExitCode explain(const Ending& ending, int ranks, bool resumable) {
    const bool known = ending.code <= static_cast<int>(ExitCode::usage) ||
                       ending.code == static_cast<int>(ExitCode::requeue) ||
                       ending.code == static_cast<int>(ExitCode::hang);
    if (ending.stopped != 0 && (!resumable || ending.forced)) {
        return static_cast<ExitCode>(kSignalled + ending.stopped);
    }
    if (ending.stopped != 0 && ending.code == kSignalled + SIGUSR1) {
        log::info("stopped before training began; the same command starts it");
        return ExitCode::requeue;
    }
    if (known) {
        return static_cast<ExitCode>(ending.code);
    }
    throw Error(fmt::format("{}, and the job of {} ranks with it{}", text_of(ending), ranks,
                            resumable ? "; the same command goes on from the newest checkpoint" : ""));
}

} // namespace

bool under_guard() {
    return std::getenv(kGuardVariable) != nullptr; // NOLINT(concurrency-mt-unsafe)
}

void heed_guard() {
    if (under_guard()) {
        std::signal(SIGUSR1, SIG_IGN); // NOLINT(concurrency-mt-unsafe): before there are threads
    }
}

void check_ranks(int asked, int size) {
    if (asked == size) {
        return;
    }
    if (under_guard()) {
        throw ConfigError(
            fmt::format("--ranks {}: the mpirun in PATH ({}) starts no ranks of the MPI that this program "
                        "is built with ({}); put the right one first",
                        asked, find_in_path("mpirun"), dist::mpi_library()));
    }
    throw ConfigError(fmt::format("--ranks {}: mpirun or srun started {} already; leave --ranks out", asked, size));
}

ExitCode run_local_ranks(int ranks, const std::vector<std::string>& words, bool resumable) {
    const std::string launcher = find_in_path("mpirun");
    if (launcher.empty()) {
        throw Error(fmt::format("--ranks {} needs mpirun, and there is none in PATH; install Open MPI (apt install "
                                "openmpi-bin) or load its module",
                                ranks));
    }
    for (const auto& [name, value] : kSettings) {
        ::setenv(name, value, 0); // NOLINT(concurrency-mt-unsafe)
    }
    std::error_code error;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
    std::vector<std::string> command = {launcher, "-np", std::to_string(ranks), self};
    command.insert(command.end(), words.begin() + 1, words.end());
    const int stop_signal = resumable ? SIGUSR1 : SIGTERM;
    const sigset_t signals = awaited_signals();
    sigset_t before;
    ::pthread_sigmask(SIG_BLOCK, &signals, &before);
    std::signal(SIGCHLD, SIG_DFL); // where it is ignored, as some daemons leave it, no end is ever told
    const pid_t child = start(launcher, command, before, stop_signal);
    const Ending ending = guard(child, signals, stop_signal);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return explain(ending, ranks, resumable);
}

} // namespace tacit::cli
