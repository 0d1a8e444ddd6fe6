// SPDX-License-Identifier: Apache-2.0
#include "models/parts/centre.hpp"

#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::models {

CentreImpl::CentreImpl(std::int64_t dimensions, dist::Communicator& comm) : comm_(&comm) {
    value_ = register_buffer("value", torch::zeros({dimensions}));
}

void CentreImpl::update(const at::Tensor& rows, double momentum) {
    const torch::NoGradGuard no_gradient;
    at::Tensor mean = rows.detach().to(torch::kDouble).sum(0) / static_cast<double>(rows.size(0) * comm_->size());
    comm_->all_reduce_sum(mean);
    value_.copy_(value_.to(torch::kDouble) * momentum + mean * (1 - momentum));
}

} // namespace tacit::models
