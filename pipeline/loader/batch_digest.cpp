// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/batch_digest.hpp"

#include "pipeline/base/digest.hpp"

namespace tacit::loader {
namespace {

/// The same member of all shares, one share after the other.
template <class Member> void hash_all(Sha256& hash, const std::vector<const Batch*>& shares, const Member& member) {
    for (const Batch* share : shares) {
        const auto& values = member(*share);
        hash.update(values.data(), values.size() * sizeof(values[0]));
    }
}

} // namespace

RankedLoaders::RankedLoaders(const shards::Dataset& dataset, const augment::Recipe& recipe, LoaderOptions options,
                             int ranks, std::int64_t first_batch) {
    options.ranks = ranks;
    for (options.rank = 0; options.rank < ranks; ++options.rank) {
        loaders_.push_back(std::make_unique<Loader>(dataset, recipe, options));
        const std::int64_t batches = batches_per_epoch();
        loaders_.back()->seek(first_batch / batches, first_batch % batches);
    }
}

std::vector<const Batch*> RankedLoaders::next() {
    std::vector<const Batch*> shares;
    for (const auto& loader : loaders_) {
        shares.push_back(&loader->next());
    }
    return shares;
}

std::string batch_digest(const std::vector<const Batch*>& shares) {
    Sha256 hash;
    hash_all(hash, shares, [](const Batch& batch) -> auto& { return batch.ids; });
    hash_all(hash, shares, [](const Batch& batch) -> auto& { return batch.labels; });
    for (std::size_t view = 0; view < shares.front()->views.size(); ++view) {
        hash_all(hash, shares, [view](const Batch& batch) -> auto& { return batch.views[view].pixels; });
        hash_all(hash, shares, [view](const Batch& batch) -> auto& { return batch.views[view].values; });
        hash_all(hash, shares, [view](const Batch& batch) -> auto& { return batch.views[view].masks; });
        hash_all(hash, shares, [view](const Batch& batch) -> auto& { return batch.views[view].rotation; });
        hash_all(hash, shares, [view](const Batch& batch) -> auto& { return batch.views[view].permutation; });
    }
    return hash.hex();
}

std::vector<std::string> batch_digests(const shards::Dataset& dataset, const augment::Recipe& recipe,
                                       const LoaderOptions& options, int ranks, std::int64_t batches,
                                       std::int64_t first_batch) {
    RankedLoaders loaders(dataset, recipe, options, ranks, first_batch);
    std::vector<std::string> digests;
    for (std::int64_t b = 0; b < batches; ++b) {
        digests.push_back(batch_digest(loaders.next()));
    }
    return digests;
}

} // namespace tacit::loader
