// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tacit::train {

/// "0.1.0 (commit 1a2b3c4d5e6f)".
std::string version_text();

/// Name and version of Tacit and of what it was built with: tacit, commit, compiler, libtorch, mpi, hdf5.
std::vector<std::pair<std::string, std::string>> build_versions();

/// environment.json: what produced a run. Versions of Tacit, LibTorch, MPI and HDF5, host, CPU, cores,
/// ranks, threads per rank, the command line, the same with its launcher and quoted for a shell, the folder that it was
/// given in, and the time of the start (UTC).
std::string environment_json(const dist::Communicator& comm, int threads, const std::vector<std::string>& command_line);

} // namespace tacit::train
