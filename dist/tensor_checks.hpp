// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::dist {

/// Preconditions of the collectives; all throw std::invalid_argument naming `operation`.
void require_contiguous(const at::Tensor& tensor, const char* operation);
/// float32, float64 or int64.
void require_summable(const at::Tensor& tensor, const char* operation);
/// float64 or int64.
void require_comparable(const at::Tensor& tensor, const char* operation);
/// At least one dimension.
void require_rows(const at::Tensor& tensor, const char* operation);
/// The first dimension is a multiple of `ranks`.
void require_divisible_rows(const at::Tensor& tensor, int ranks, const char* operation);

} // namespace tacit::dist
