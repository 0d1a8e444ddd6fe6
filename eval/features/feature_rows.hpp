// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/features/features.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace tacit::eval {

// Rows that are divided over the ranks: those of rank 0 are the first. Every function is collective and gives the same
// on all ranks unless it says otherwise.

/// The sum over ranks.
std::int64_t sum_over_ranks(std::int64_t mine, dist::Communicator& comm);

/// Rows of the ranks before this one, which has `mine`. Differs by rank.
std::int64_t rows_before(std::int64_t mine, dist::Communicator& comm);

/// [n, …] on every rank (any n) -> the rows of all ranks on every rank. For labels and the like: it costs memory.
at::Tensor gathered(const at::Tensor& rows, dist::Communicator& comm);

/// Told of consecutive rows: the number of the first among all, and the rows [m, D], m >= 1.
using OnBlock = std::function<void(std::int64_t first, const at::Tensor& rows)>;

/// Shows every rank all rows in their order, in blocks of at most `block_bytes`, so that no rank needs memory for all
/// of them. `rows` [n, D]. `on_block` must not throw where other ranks go on.
inline constexpr std::int64_t kBlockBytes = std::int64_t{64} << 20;
void for_each_block(const at::Tensor& rows, dist::Communicator& comm, const OnBlock& on_block,
                    std::int64_t block_bytes = kBlockBytes);

/// All rows on rank 0; no rows on the others.
Features on_rank_0(const Features& features, dist::Communicator& comm);

/// The rows that have labels. Throws DataError on every rank where no rank has any: "the <split> split has no labels…".
Features labelled(const Features& features, const char* split, dist::Communicator& comm);

} // namespace tacit::eval
