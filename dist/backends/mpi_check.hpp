// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpi.h>

namespace tacit::dist {

/// Throws DistError "rank r: <operation> failed: <MPI's text>" unless `code` is MPI_SUCCESS.
void check_mpi(int code, const char* operation, int rank);

} // namespace tacit::dist
