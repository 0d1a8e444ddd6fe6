// SPDX-License-Identifier: Apache-2.0
#include "eval/features/feature_rows.hpp"

#include "pipeline/base/error.hpp"

#include <torch/types.h>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace tacit::eval {

namespace {

/// Rows of each rank.
std::vector<std::int64_t> counts_of(std::int64_t mine, dist::Communicator& comm) {
    const at::Tensor all = comm.all_gather(torch::full({1}, mine, torch::kInt64));
    const std::int64_t* begin = all.const_data_ptr<std::int64_t>();
    return {begin, begin + all.numel()};
}

} // namespace

std::int64_t sum_over_ranks(std::int64_t mine, dist::Communicator& comm) {
    at::Tensor sum = torch::full({1}, mine, torch::kInt64);
    comm.all_reduce_sum(sum);
    return sum.item<std::int64_t>();
}

std::int64_t rows_before(std::int64_t mine, dist::Communicator& comm) {
    const std::vector<std::int64_t> counts = counts_of(mine, comm);
    return std::accumulate(counts.begin(), counts.begin() + comm.rank(), std::int64_t{0});
}

at::Tensor gathered(const at::Tensor& rows, dist::Communicator& comm) {
    if (comm.size() == 1) {
        return rows;
    }
    const std::vector<std::int64_t> counts = counts_of(rows.size(0), comm);
    const std::int64_t most = *std::max_element(counts.begin(), counts.end());
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] = most;
    at::Tensor padded = torch::zeros(shape, rows.options());
    padded.narrow(0, 0, rows.size(0)).copy_(rows);
    const at::Tensor all = comm.all_gather(padded);
    std::vector<at::Tensor> parts;
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
        parts.push_back(all.narrow(0, static_cast<std::int64_t>(rank) * most, counts[rank]));
    }
    return torch::cat(parts);
}

void for_each_block(const at::Tensor& rows, dist::Communicator& comm, const OnBlock& on_block,
                    std::int64_t block_bytes) {
    const std::int64_t width = rows.size(1);
    const std::int64_t row_bytes = std::max<std::int64_t>(1, width * static_cast<std::int64_t>(rows.element_size()));
    const std::int64_t most = std::max<std::int64_t>(1, block_bytes / row_bytes);
    const std::vector<std::int64_t> counts = counts_of(rows.size(0), comm);
    std::int64_t first = 0;
    for (int owner = 0; owner < comm.size(); ++owner) {
        const std::int64_t count = counts[static_cast<std::size_t>(owner)];
        for (std::int64_t begin = 0; begin < count; begin += most) {
            const std::int64_t size = std::min(most, count - begin);
            at::Tensor block = owner == comm.rank() ? rows.narrow(0, begin, size).contiguous()
                                                    : torch::empty({size, width}, rows.options());
            if (comm.size() > 1) {
                comm.broadcast(block, owner);
            }
            on_block(first, block);
            first += size;
        }
    }
}

Features on_rank_0(const Features& features, dist::Communicator& comm) {
    std::vector<at::Tensor> blocks = {features.values.narrow(0, 0, 0)};
    for_each_block(features.values, comm, [&](std::int64_t /*first*/, const at::Tensor& rows) {
        if (comm.rank() == 0) {
            blocks.push_back(rows);
        }
    });
    Features all{torch::cat(blocks), gathered(features.labels, comm), gathered(features.ids, comm), features.left_out};
    if (comm.rank() != 0) {
        all.labels = all.labels.narrow(0, 0, 0);
        all.ids = all.ids.narrow(0, 0, 0);
    }
    return all;
}

Features labelled(const Features& features, const char* split, dist::Communicator& comm) {
    const at::Tensor rows = features.labels.ge(0).nonzero().flatten();
    if (sum_over_ranks(rows.numel(), comm) == 0) {
        throw DataError(fmt::format("the {} split has no labels; probes and kNN need them", split));
    }
    if (rows.numel() == features.labels.size(0)) {
        return features;
    }
    return {features.values.index_select(0, rows), features.labels.index_select(0, rows)};
}

} // namespace tacit::eval
