// SPDX-License-Identifier: Apache-2.0
#include "models/parts/feature_queue.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <fmt/format.h>
#include <stdexcept>

namespace tacit::models {

FeatureQueueImpl::FeatureQueueImpl(std::int64_t size, std::int64_t dimensions, dist::Communicator& comm)
    : comm_(&comm) {
    const at::Tensor directions = torch::randn({size, dimensions});
    rows_ = register_buffer("rows", directions / directions.norm(2, 1, true));
    oldest_ = register_buffer("oldest", torch::zeros({}, torch::kLong));
}

void FeatureQueueImpl::push(const at::Tensor& rows) {
    const torch::NoGradGuard no_gradient;
    const at::Tensor all = comm_->all_gather(rows.detach().to(rows_.scalar_type()).contiguous());
    const std::int64_t size = rows_.size(0);
    const std::int64_t count = all.size(0);
    if (count > size || all.size(1) != rows_.size(1)) {
        throw std::invalid_argument(
            fmt::format("FeatureQueue: {} rows of {} do not fit {} of {}", count, all.size(1), size, rows_.size(1)));
    }
    const at::Tensor places = (torch::arange(count, oldest_.options()) + oldest_).remainder(size);
    rows_.index_copy_(0, places, all);
    oldest_.add_(count).remainder_(size);
}

} // namespace tacit::models
