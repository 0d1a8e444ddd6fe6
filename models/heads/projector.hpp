// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/norm/batch_norm.hpp"
#include "pipeline/config/section.hpp"

#include <torch/nn/modules/linear.h>

#include <vector>

namespace tacit::models {

/// Which layers of a projector are batch-normalised.
enum class ProjectorNorm {
    none,   ///< linear layers with bias
    hidden, ///< all but the last
    all     ///< also the last, as SimCLR's (google-research/simclr, model_util.py)
};

/// Maps features to the space of a contrastive loss: [N, in] -> [N, sizes.back()] by linear layers with ReLU between
/// them. Layers that are followed by a batch norm have no bias.
class ProjectorImpl : public torch::nn::Module {
  public:
    /// `sizes`: the output sizes of the layers, at least one.
    ProjectorImpl(std::int64_t in, const std::vector<std::int64_t>& sizes, ProjectorNorm norm,
                  dist::Communicator& comm);
    at::Tensor forward(const at::Tensor& features);

  private:
    std::vector<torch::nn::Linear> linears_;
    std::vector<dist::BatchNorm> norms_; ///< empty holder where a layer has none
};
TORCH_MODULE(Projector);

/// The layer sizes under the key `projector`, by default [512, 128]. Throws ConfigError for an empty list.
std::vector<std::int64_t> read_projector_sizes(const config::Section& pretext);

} // namespace tacit::models
