// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <string>
#include <vector>

namespace tacit::train {

/// The cores (operating system's numbers, ascending) of each NUMA node that has any. `synthetic`: a machine in hwloc's
/// words, such as "numa:2 core:4 pu:1", instead of this one. Throws IoError if hwloc cannot tell.
std::vector<std::vector<int>> numa_nodes(const std::string& synthetic = {});

/// The cores for rank `rank` of `ranks` on a host when whole NUMA nodes are dealt out in order: several nodes to a rank
/// where there are fewer ranks, several ranks to a node where there are more. 0 <= rank < ranks, nodes not empty.
std::vector<int> share_of_nodes(const std::vector<std::vector<int>>& nodes, int rank, int ranks);

/// Binds the calling thread, and those that it starts from now on, to this rank's share of the host's NUMA nodes, so
/// that batches are made in the memory that the trainer reads them from. Does nothing where the launcher has bound the
/// ranks, or where the host has one node, or one rank. Returns what it did in words, empty if nothing. Throws IoError.
std::string bind_to_numa_nodes(const dist::Communicator& comm);

} // namespace tacit::train
