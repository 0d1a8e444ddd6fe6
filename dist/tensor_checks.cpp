// SPDX-License-Identifier: Apache-2.0
#include "dist/tensor_checks.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace tacit::dist {

void require_contiguous(const at::Tensor& tensor, const char* operation) {
    if (!tensor.defined() || !tensor.is_contiguous()) {
        throw std::invalid_argument(fmt::format("{}: the tensor must be defined and contiguous", operation));
    }
}

void require_summable(const at::Tensor& tensor, const char* operation) {
    const auto type = tensor.scalar_type();
    if (type != at::kFloat && type != at::kDouble && type != at::kLong) {
        throw std::invalid_argument(
            fmt::format("{}: type {} is not float32, float64 or int64", operation, at::toString(type)));
    }
}

void require_comparable(const at::Tensor& tensor, const char* operation) {
    const auto type = tensor.scalar_type();
    if (type != at::kDouble && type != at::kLong) {
        throw std::invalid_argument(fmt::format("{}: type {} is not float64 or int64", operation, at::toString(type)));
    }
}

void require_rows(const at::Tensor& tensor, const char* operation) {
    if (tensor.dim() < 1) {
        throw std::invalid_argument(fmt::format("{}: the tensor needs a first dimension", operation));
    }
}

void require_divisible_rows(const at::Tensor& tensor, int ranks, const char* operation) {
    require_rows(tensor, operation);
    if (tensor.size(0) % ranks != 0) {
        throw std::invalid_argument(
            fmt::format("{}: {} rows cannot be divided among {} ranks", operation, tensor.size(0), ranks));
    }
}

} // namespace tacit::dist
