// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace tacit::dist {

/// What an exception of LibTorch means and what to do, in one line: memory, a device, numbers; else the place in its
/// source that refused an operation and the first line of what it says, to be reported. Empty: `error` is none of
/// LibTorch. Thread-safe.
std::string torch_reason(const std::exception& error);

} // namespace tacit::dist
