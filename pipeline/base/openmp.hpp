// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tacit {

/// Makes OpenMP's threads sleep soon where they wait for each other. GCC's runtime lets them spin for milliseconds, and
/// where another process has one of the cores, the thread that all wait for is kept from it: a training step of .2 s
/// then takes 4 s. The runtime reads its settings before main(), so the program is started anew with GOMP_SPINCOUNT,
/// unless the environment has that or OMP_WAIT_POLICY already. Returns if so, or if it cannot be. Call early in
/// main(), before MPI and threads start.
void let_waiting_threads_sleep(char** argv);

} // namespace tacit
