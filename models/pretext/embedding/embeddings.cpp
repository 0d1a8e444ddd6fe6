// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/embedding/embeddings.hpp"

#include <torch/types.h>

namespace tacit::models {

Distance read_distance(const config::Section& pretext) {
    const std::string name =
        pretext.choice({"distance", "between embeddings on the unit sphere: Euclidean, its square, or 1 - cosine"},
                       "euclidean", {"euclidean", "squared_euclidean", "cosine"});
    return name == "euclidean"           ? Distance::euclidean
           : name == "squared_euclidean" ? Distance::squared_euclidean
                                         : Distance::cosine;
}

TwoViewPretext::TwoViewPretext(const PretextParts& parts) : EmbeddingPretext(parts) {
    projector_ = register_module("projector", Projector(backbone().feature_dim(), read_projector_sizes(parts.section),
                                                        ProjectorNorm::all, comm()));
}

std::vector<at::Tensor> TwoViewPretext::embed(const PretextInput& input) {
    return projector_(backbone().forward(torch::cat({input.views[0], input.views[1]}))).chunk(2, 0);
}

} // namespace tacit::models
