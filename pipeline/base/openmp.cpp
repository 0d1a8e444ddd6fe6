// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/openmp.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace tacit {

void let_waiting_threads_sleep(char** argv) {
    // Some microseconds: enough for parallel loops that follow each other at once.
    constexpr const char* kSpins = "1000";
    // NOLINTBEGIN(concurrency-mt-unsafe): before there are threads
    if (std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr &&
        setenv("GOMP_SPINCOUNT", kSpins, 1) == 0) {
        // By its own path, so that the process keeps its name; not where a loader or an emulator runs the program.
        std::error_code error;
        const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
        if (!error && self.filename() == std::filesystem::path(argv[0]).filename()) {
            execv(self.c_str(), argv);
        }
    }
    // NOLINTEND(concurrency-mt-unsafe)
}

} // namespace tacit
