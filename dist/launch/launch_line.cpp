// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/launch_line.hpp"

#include "dist/launch/processes.hpp"
#include "pipeline/base/shell.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <string_view>
#include <unistd.h>

namespace tacit::dist {
namespace {

constexpr std::array<std::string_view, 6> kLaunchers = {"mpirun",  "mpiexec",       "orterun",
                                                        "prterun", "mpiexec.hydra", "mpiexec.openmpi"};
constexpr std::size_t kMostAncestors = 6;

std::string program_of(const std::vector<std::string>& words) {
    return words.empty() ? "" : std::filesystem::path(words.front()).filename().string();
}

/// Whether a launcher of MPI started this process, and not only some ancestor that is a batch script.
bool is_rank(const EnvironmentLookup& lookup) {
    return lookup("OMPI_COMM_WORLD_SIZE") != nullptr || lookup("PMIX_RANK") != nullptr ||
           lookup("PMI_RANK") != nullptr || lookup("PMI_SIZE") != nullptr;
}

} // namespace

Ancestors ancestors() {
    Ancestors all;
    for (pid_t process = ::getpid(); process > 1 && all.size() < kMostAncestors; process = process_of(process).parent) {
        all.push_back(words_of(process));
    }
    return all;
}

std::string launch_line(const std::vector<std::string>& words, int ranks, const Ancestors& ancestors,
                        const EnvironmentLookup& lookup) {
    for (std::size_t i = 1; i < ancestors.size() && is_rank(lookup); ++i) {
        const std::string program = program_of(ancestors[i]);
        if (std::find(kLaunchers.begin(), kLaunchers.end(), program) == kLaunchers.end()) {
            continue;
        }
        const bool own_launch = i + 1 < ancestors.size() && program_of(ancestors[i + 1]) == program_of(words);
        std::vector<std::string> line = own_launch ? ancestors[i + 1] : ancestors[i];
        if (const char* typed = lookup("OMPI_TOOL_NAME"); typed != nullptr && program_of(line) == "prterun") {
            line.front() = typed; // Open MPI 5's mpirun becomes prterun
        }
        return shell_line(line);
    }
    if (ranks > 1 && lookup("SLURM_STEP_ID") != nullptr) {
        const char* nodes = lookup("SLURM_STEP_NUM_NODES");
        return fmt::format("srun --mpi=pmix{} --ntasks {} {}",
                           nodes == nullptr ? "" : fmt::format(" --nodes {}", nodes), ranks, shell_line(words));
    }
    return shell_line(words);
}

std::string launch_line(const std::vector<std::string>& words, int ranks) {
    return launch_line(words, ranks, ancestors(), [](const char* name) { return std::getenv(name); });
}

} // namespace tacit::dist
