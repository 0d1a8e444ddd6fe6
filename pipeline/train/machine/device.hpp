// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <c10/core/Device.h>

#include <string>

namespace tacit::train {

/// The device that this rank gets by `wish`, which is auto, cpu or cuda: GPUs go to the ranks of a host in turn. Throws
/// ConfigError, which names `key`, where there is none or ranks of a host outnumber its GPUs.
at::Device pick_device(const std::string& wish, const std::string& key, const dist::Communicator& comm);

/// Makes `device` the current one of this thread: what names no device, such as page-locked memory, belongs there too.
/// `exact`: products in fp32 are that, and the same ones each time, in the whole process; GPUs would round to TF32.
void use_device(at::Device device, bool exact);

} // namespace tacit::train
