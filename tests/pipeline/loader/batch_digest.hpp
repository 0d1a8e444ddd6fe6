// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/loader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::testing {

/// A small random part of each image: the cheapest view that depends on every draw.
augment::RecipeSpec small_crops();

/// SHA-256 of all bytes of one global batch, put together from the ranks' shares.
std::string batch_digest(const std::vector<const loader::Batch*>& shares);

/// One loader a rank, delivering global batches together.
class RankedLoaders {
  public:
    RankedLoaders(const shards::Dataset& dataset, const augment::Recipe& recipe, loader::LoaderOptions options,
                  int ranks, std::int64_t first_batch = 0);
    /// The ranks' shares of the next global batch.
    std::vector<const loader::Batch*> next();
    loader::Loader& rank(int rank) { return *loaders_[static_cast<std::size_t>(rank)]; }

  private:
    std::vector<std::unique_ptr<loader::Loader>> loaders_;
};

/// Digests of `batches` global batches from number `first`, counted over epochs.
std::vector<std::string> batch_digests(const shards::Dataset& dataset, const augment::Recipe& recipe,
                                       const loader::LoaderOptions& options, int ranks, int batches,
                                       std::int64_t first = 0);

} // namespace tacit::testing
