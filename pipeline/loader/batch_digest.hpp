// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/loader.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::loader {

/// The loaders of all ranks of a job in one process, delivering global batches together.
class RankedLoaders {
  public:
    /// From global batch `first_batch`, counted over epochs. Throws what Loader throws.
    RankedLoaders(const shards::Dataset& dataset, const augment::Recipe& recipe, LoaderOptions options, int ranks,
                  std::int64_t first_batch = 0);
    std::int64_t batches_per_epoch() const { return loaders_.front()->batches_per_epoch(); }
    /// The ranks' shares of the next global batch.
    std::vector<const Batch*> next();
    Loader& rank(int rank) { return *loaders_[static_cast<std::size_t>(rank)]; }

  private:
    std::vector<std::unique_ptr<Loader>> loaders_;
};

/// SHA-256 (hex) of all bytes of one global batch, put together from the ranks' shares: ids, labels, views, masks,
/// rotations and permutations.
std::string batch_digest(const std::vector<const Batch*>& shares);

/// Digests of `batches` global batches from number `first_batch`.
std::vector<std::string> batch_digests(const shards::Dataset& dataset, const augment::Recipe& recipe,
                                       const LoaderOptions& options, int ranks, std::int64_t batches,
                                       std::int64_t first_batch = 0);

} // namespace tacit::loader
