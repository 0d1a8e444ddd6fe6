// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/precision.hpp"

#include <ATen/autocast_mode.h>

namespace tacit::train {

Autocast::Autocast(bool enabled, at::DeviceType device) : enabled_(enabled), device_(device) {
    if (!enabled_) {
        return;
    }
    previous_ = at::autocast::is_autocast_enabled(device_);
    previous_type_ = at::autocast::get_autocast_dtype(device_);
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
}

Autocast::~Autocast() {
    if (!enabled_) {
        return;
    }
    if (at::autocast::decrement_nesting() == 0) {
        at::autocast::clear_cache();
    }
    at::autocast::set_autocast_enabled(device_, previous_);
    at::autocast::set_autocast_dtype(device_, previous_type_);
}

} // namespace tacit::train
