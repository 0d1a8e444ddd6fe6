// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/machine/threads.hpp"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <sched.h>
#include <string_view>
#include <unistd.h>

namespace tacit::train {

namespace {

/// [1 + CPU_SETSIZE] int64: a number for this host, then 1 for each core that this rank may use.
at::Tensor own_cores() {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    at::Tensor row = torch::zeros({1, 1 + CPU_SETSIZE}, torch::kInt64);
    auto values = row.accessor<std::int64_t, 2>()[0];
    values[0] = static_cast<std::int64_t>(std::hash<std::string_view>{}(host.data()));
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        CPU_SET(0, &set);
    }
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        values[1 + core] = CPU_ISSET(core, &set) ? 1 : 0;
    }
    return row;
}

} // namespace

int cores_of_rank(dist::Communicator& comm) {
    const at::Tensor own = own_cores();
    const at::Tensor all = comm.all_gather(own);
    const at::Tensor same_host = all.select(1, 0).eq(own.select(1, 0));
    const at::Tensor users = all.index({same_host}).slice(1, 1).sum(0).clamp_min(1).to(torch::kFloat64);
    const double share = own.slice(1, 1).squeeze(0).to(torch::kFloat64).div(users).sum().item<double>();
    return std::max(1, static_cast<int>(std::floor(share + 1e-6)));
}

} // namespace tacit::train
