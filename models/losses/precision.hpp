// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace tacit::models {

/// Scope in which autocast does not lower precision: losses are computed in fp32 whatever the network runs in.
class FullPrecisionScope {
  public:
    FullPrecisionScope() : excluded_(c10::autocast_dispatch_keyset) {}

  private:
    c10::impl::ExcludeDispatchKeyGuard excluded_;
};

/// bfloat16 and float16 as float32 (differentiable); anything else as it is.
inline at::Tensor full_precision(const at::Tensor& tensor) {
    return tensor.scalar_type() == at::kBFloat16 || tensor.scalar_type() == at::kHalf ? tensor.to(at::kFloat) : tensor;
}

} // namespace tacit::models
