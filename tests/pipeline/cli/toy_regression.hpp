// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/protocols/protocol.hpp"

namespace tacit::eval {

/// A protocol in one file: ridge regression of the class number on frozen features. Of two scores, one better when it
/// is lower. Its command is `tacit regress`.
ProtocolEntry toy_regression();

} // namespace tacit::eval
