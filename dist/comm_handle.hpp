// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <cstdint>

namespace tacit::dist {

/// A communicator as an integer, the only form in which an autograd context can keep it. Not owning.
inline std::int64_t handle_of(Communicator& comm) {
    return static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(&comm));
}

inline Communicator& comm_of(std::int64_t handle) {
    return *reinterpret_cast<Communicator*>(static_cast<std::intptr_t>(handle));
}

} // namespace tacit::dist
