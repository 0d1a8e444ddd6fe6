// SPDX-License-Identifier: Apache-2.0
#include "dist/gradient_reducer.hpp"

#include "dist/agreement.hpp"
#include "pipeline/base/digest.hpp"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <stdexcept>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

// Sizes of PyTorch DDP (Li et al. 2020, arXiv 2006.15704): a small first bucket is ready early.
constexpr std::int64_t kFirstBucketBytes = std::int64_t{1} << 20;
constexpr std::int64_t kBucketBytes = std::int64_t{25} << 20;
constexpr std::int64_t kAlignment = 16; ///< elements between starts of gradients, a cache line of float32

std::string signature(const std::string& name, const at::Tensor& tensor) {
    return fmt::format("{} {} [{}]{}", name, at::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "),
                       tensor.requires_grad() ? "" : " frozen");
}

std::vector<std::string> signatures(const NamedTensors& tensors) {
    std::vector<std::string> lines;
    lines.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors) {
        lines.push_back(signature(name, tensor));
    }
    return lines;
}

std::int64_t padded(std::int64_t elements) {
    return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

/// Strides of the parameter when they tile memory (channels_last weights), so that accumulation is in place.
std::vector<std::int64_t> gradient_strides(const at::Tensor& parameter) {
    return at::empty_like(parameter, parameter.options().device(at::kMeta)).strides().vec();
}

std::string digest_of(const at::Tensor& tensor) {
    const at::Tensor host = tensor.detach().cpu().contiguous();
    Sha256 sha;
    sha.update(host.data_ptr(), host.nbytes());
    return sha.hex();
}

} // namespace

GradientReducer::GradientReducer(const NamedTensors& parameters, Communicator& comm) : comm_(&comm) {
    require_agreement("the parameters", signatures(parameters), comm);
    assign(parameters);
    for (Bucket& bucket : buckets_) {
        allocate(bucket);
    }
}

void GradientReducer::assign(const NamedTensors& parameters) {
    std::map<std::string, std::size_t> open; // bucket that still takes parameters, by type and device
    for (auto it = parameters.rbegin(); it != parameters.rend(); ++it) {
        const auto& [name, parameter] = *it;
        if (!parameter.requires_grad()) {
            continue;
        }
        if (parameter.scalar_type() != at::kFloat && parameter.scalar_type() != at::kDouble) {
            throw std::invalid_argument(fmt::format("GradientReducer: parameter {} is not float32 or float64", name));
        }
        const std::string kind = fmt::format("{} {}", at::toString(parameter.scalar_type()), parameter.device().str());
        const auto [place, is_new] = open.try_emplace(kind, buckets_.size());
        if (place->second == buckets_.size()) {
            buckets_.emplace_back();
        }
        Bucket& bucket = buckets_[place->second];
        bucket.slices.push_back({name, parameter, bucket.length});
        bucket.length += padded(parameter.numel());
        const bool is_first = place->second == 0;
        if (bucket.length * static_cast<std::int64_t>(parameter.element_size()) >=
            (is_first ? kFirstBucketBytes : kBucketBytes)) {
            open.erase(place);
        }
    }
}

void GradientReducer::allocate(Bucket& bucket) {
    const at::TensorOptions options = bucket.slices.front().parameter.options().requires_grad(false);
    bucket.flat = at::zeros({bucket.length}, options);
    for (Slice& slice : bucket.slices) {
        auto* start = static_cast<std::byte*>(bucket.flat.data_ptr()) +
                      slice.offset * static_cast<std::int64_t>(bucket.flat.element_size());
        // from_blob, because a view of the bucket cannot be detached in place; the deleter keeps the memory.
        slice.parameter.mutable_grad() = at::from_blob(
            start, slice.parameter.sizes(), gradient_strides(slice.parameter), [flat = bucket.flat](void*) {}, options);
    }
}

void GradientReducer::zero() {
    for (Bucket& bucket : buckets_) {
        bucket.flat.zero_();
    }
}

void GradientReducer::reduce() {
    for (const Bucket& bucket : buckets_) {
        for (const Slice& slice : bucket.slices) {
            const auto* start = static_cast<const std::byte*>(bucket.flat.data_ptr()) +
                                slice.offset * static_cast<std::int64_t>(bucket.flat.element_size());
            const at::Tensor& gradient = slice.parameter.grad();
            if (!gradient.defined() || gradient.data_ptr() != start) {
                throw std::logic_error(fmt::format("the gradient of {} left its bucket: use GradientReducer::zero(), "
                                                   "not Optimizer::zero_grad()",
                                                   slice.name));
            }
        }
    }
    for (Bucket& bucket : buckets_) {
        comm_->all_reduce_sum(bucket.flat);
    }
}

at::Tensor GradientReducer::bucket_norms() const {
    std::vector<at::Tensor> norms;
    for (const Bucket& bucket : buckets_) {
        norms.push_back(bucket.flat.norm().to(at::kDouble));
    }
    return at::stack(norms);
}

double GradientReducer::norm_of(const at::Tensor& bucket_norms) {
    double squares = 0;
    for (std::int64_t i = 0; i < bucket_norms.numel(); ++i) {
        const double norm = bucket_norms[i].item<double>();
        squares += norm * norm;
    }
    return std::sqrt(squares);
}

void GradientReducer::scale(double factor) {
    for (Bucket& bucket : buckets_) {
        bucket.flat.mul_(factor);
    }
}

std::size_t GradientReducer::buckets() const {
    return buckets_.size();
}

void broadcast_from_root(const NamedTensors& tensors, Communicator& comm) {
    const torch::NoGradGuard no_grad;
    std::vector<std::string> lines;
    for (const auto& [name, tensor] : tensors) {
        lines.push_back(
            fmt::format("{} {} [{}]", name, at::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", ")));
    }
    require_agreement("the tensors to broadcast", lines, comm);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const at::Tensor& tensor = tensors[i].second;
        at::Tensor dense = tensor.detach().contiguous();
        comm.broadcast(dense, 0);
        if (!tensor.is_contiguous()) {
            tensor.detach().copy_(dense);
        }
        lines[i] = tensors[i].first + " SHA-256 " + digest_of(tensor);
    }
    require_agreement("the tensors after a broadcast", lines, comm);
}

} // namespace tacit::dist
