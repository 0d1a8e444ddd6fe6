// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/pretext.hpp"

namespace tacit::models {

Pretext::Pretext(std::shared_ptr<Backbone> backbone, dist::Communicator& comm)
    : backbone_(std::move(backbone)), comm_(&comm) {
    register_module("backbone", backbone_);
}

std::vector<PretextPicture> Pretext::pictures(const PretextInput& /*input*/) {
    return {};
}

} // namespace tacit::models
