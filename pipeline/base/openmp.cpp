// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/openmp.hpp"

#include <cstdlib>
#include <unistd.h>

namespace tacit {

void let_waiting_threads_sleep(char** argv) {
    // Some microseconds: enough for parallel loops that follow each other at once.
    constexpr const char* kSpins = "1000";
    // NOLINTBEGIN(concurrency-mt-unsafe): before there are threads
    if (std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr &&
        setenv("GOMP_SPINCOUNT", kSpins, 1) == 0) {
        execv("/proc/self/exe", argv);
    }
    // NOLINTEND(concurrency-mt-unsafe)
}

} // namespace tacit
