// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace tacit::dist {

/// What an exception of LibTorch means and what to do, in one line without LibTorch's words: memory, a device; else the
/// place in its source that refused an operation, to be reported. Empty: `error` is none of LibTorch. Thread-safe.
std::string torch_reason(const std::exception& error);

} // namespace tacit::dist
