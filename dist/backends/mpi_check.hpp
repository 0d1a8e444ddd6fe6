// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpi.h>

#include <string>

namespace tacit::dist {

/// What an error code of MPI most likely means and what to do.
std::string mpi_reason(int code);

/// Throws DistError "rank r: <operation> failed: <mpi_reason()>" unless `code` is MPI_SUCCESS.
void check_mpi(int code, const char* operation, int rank);

} // namespace tacit::dist
