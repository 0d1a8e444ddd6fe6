// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/protocols/protocol.hpp"

// A line for each protocol, in the order of commands and columns; eval/protocols/<name>.cpp defines <name>_protocol().
#define TACIT_PROTOCOLS(X)                                                                                             \
    X(linear)                                                                                                          \
    X(knn)                                                                                                             \
    X(finetune)

namespace tacit::eval {

#define TACIT_DECLARE(name) ProtocolEntry name##_protocol();
TACIT_PROTOCOLS(TACIT_DECLARE)
#undef TACIT_DECLARE

} // namespace tacit::eval
