// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::train {

/// While it lives, LibTorch runs matrix products and convolutions of this thread in bfloat16
/// (autocast) on `device`, when `enabled`. Parameters, losses and statistics stay float32.
class Autocast {
  public:
    Autocast(bool enabled, at::DeviceType device);
    ~Autocast();
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

  private:
    bool enabled_;
    at::DeviceType device_;
    bool previous_ = false;
    at::ScalarType previous_type_ = at::kFloat;
};

} // namespace tacit::train
