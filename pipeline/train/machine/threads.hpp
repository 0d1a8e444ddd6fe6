// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

namespace tacit::train {

/// Collective. Cores that this rank may use: every core in its affinity mask counts as one divided by
/// the number of ranks on the same host that may use it too. At least 1. So bound ranks get their own
/// cores, unbound ranks an equal part of the host (or of the job's cpuset).
int cores_of_rank(dist::Communicator& comm);

} // namespace tacit::train
