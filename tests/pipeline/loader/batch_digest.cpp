// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/loader/batch_digest.hpp"

#include "pipeline/base/digest.hpp"

namespace tacit::testing {

augment::RecipeSpec small_crops() {
    const augment::ViewSpec view{
        {{"random_resized_crop", 1.0, {{"scale", {0.001, 0.01}}}}, {"horizontal_flip", 0.5, {}}}};
    return {"small crops", 8, {view}};
}

std::string batch_digest(const std::vector<const loader::Batch*>& shares) {
    Sha256 hash;
    for (const loader::Batch* share : shares) {
        hash.update(share->ids.data(), share->ids.size() * sizeof(share->ids[0]));
    }
    for (const loader::Batch* share : shares) {
        hash.update(share->labels.data(), share->labels.size() * sizeof(share->labels[0]));
    }
    for (std::size_t view = 0; view < shares[0]->views.size(); ++view) {
        for (const loader::Batch* share : shares) {
            hash.update(share->views[view].pixels.data(), share->views[view].pixels.size());
        }
    }
    return hash.hex();
}

RankedLoaders::RankedLoaders(const shards::Dataset& dataset, const augment::Recipe& recipe,
                             loader::LoaderOptions options, int ranks, std::int64_t first_batch) {
    options.ranks = ranks;
    for (options.rank = 0; options.rank < ranks; ++options.rank) {
        loaders_.push_back(std::make_unique<loader::Loader>(dataset, recipe, options));
        const std::int64_t batches = loaders_.back()->batches_per_epoch();
        loaders_.back()->seek(first_batch / batches, first_batch % batches);
    }
}

std::vector<const loader::Batch*> RankedLoaders::next() {
    std::vector<const loader::Batch*> shares;
    for (const auto& loader : loaders_) {
        shares.push_back(&loader->next());
    }
    return shares;
}

std::vector<std::string> batch_digests(const shards::Dataset& dataset, const augment::Recipe& recipe,
                                       const loader::LoaderOptions& options, int ranks, int batches,
                                       std::int64_t first) {
    RankedLoaders loaders(dataset, recipe, options, ranks, first);
    std::vector<std::string> digests;
    for (int b = 0; b < batches; ++b) {
        digests.push_back(batch_digest(loaders.next()));
    }
    return digests;
}

} // namespace tacit::testing
