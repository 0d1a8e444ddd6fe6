// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace tacit {

/// What an exception of any kind says, for a message: of the standard library's about files and system calls the paths
/// and the system's reason, of others what library_reason() makes of them, else what().
std::string reason_of(const std::exception& error);

/// Makes Tacit's words of the exceptions of a library that is not known here; empty: it is none of them. Set once, by
/// main().
inline std::string (*library_reason)(const std::exception& error) = nullptr;

} // namespace tacit
