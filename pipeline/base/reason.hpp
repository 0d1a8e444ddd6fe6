// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace tacit {

/// What an exception of any kind says, for a message: of the standard library's about files and system calls the paths
/// and the system's reason, of others what().
std::string reason_of(const std::exception& error);

} // namespace tacit
