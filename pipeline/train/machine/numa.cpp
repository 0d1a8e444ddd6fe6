// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/machine/numa.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <memory>
#include <sched.h>

namespace tacit::train {
namespace {

using Topology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

Topology load(const std::string& synthetic) {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0) {
        throw IoError("hwloc cannot describe this machine; set dist.bind to none");
    }
    Topology topology(raw, &hwloc_topology_destroy);
    if ((!synthetic.empty() && hwloc_topology_set_synthetic(raw, synthetic.c_str()) != 0) ||
        hwloc_topology_load(raw) != 0) {
        throw IoError("hwloc cannot describe this machine; set dist.bind to none");
    }
    return topology;
}

/// Whether this process may run on every core of the host: nobody has bound it.
bool unbound(const std::vector<std::vector<int>>& nodes) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return false;
    }
    for (const std::vector<int>& node : nodes) {
        for (const int core : node) {
            if (core >= CPU_SETSIZE || !CPU_ISSET(core, &set)) {
                return false;
            }
        }
    }
    return true;
}

} // namespace

std::vector<std::vector<int>> numa_nodes(const std::string& synthetic) {
    const Topology topology = load(synthetic);
    std::vector<std::vector<int>> nodes;
    const int count = hwloc_get_nbobjs_by_type(topology.get(), HWLOC_OBJ_NUMANODE);
    for (int i = 0; i < count; ++i) {
        const hwloc_obj_t node = hwloc_get_obj_by_type(topology.get(), HWLOC_OBJ_NUMANODE, static_cast<unsigned>(i));
        std::vector<int> cores;
        for (int core = hwloc_bitmap_first(node->cpuset); core >= 0; core = hwloc_bitmap_next(node->cpuset, core)) {
            cores.push_back(core);
        }
        if (!cores.empty()) { // memory without processors is a node too
            nodes.push_back(std::move(cores));
        }
    }
    return nodes;
}

std::vector<int> share_of_nodes(const std::vector<std::vector<int>>& nodes, int rank, int ranks) {
    const auto count = static_cast<int>(nodes.size());
    const int first = rank * count / ranks;
    const int end = std::max(first + 1, (rank + 1) * count / ranks);
    std::vector<int> cores;
    for (int node = first; node < end; ++node) {
        const std::vector<int>& own = nodes[static_cast<std::size_t>(node)];
        cores.insert(cores.end(), own.begin(), own.end());
    }
    return cores;
}

std::string bind_to_numa_nodes(const dist::Communicator& comm) {
    if (comm.local_size() == 1) {
        return {};
    }
    const std::vector<std::vector<int>> nodes = numa_nodes();
    if (nodes.size() < 2 || !unbound(nodes)) {
        return {};
    }
    const std::vector<int> cores = share_of_nodes(nodes, comm.local_rank(), comm.local_size());
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) {
        CPU_SET(core, &set);
    }
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        return {};
    }
    return fmt::format("each rank is bound to its share of {} NUMA nodes; rank {}: {} cores (dist.bind)", nodes.size(),
                       comm.rank(), cores.size());
}

} // namespace tacit::train
