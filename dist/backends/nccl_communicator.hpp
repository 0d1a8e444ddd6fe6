// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

namespace tacit::dist {

/// Collectives on CUDA tensors through NCCL, on host tensors through `host`. NCCL starts with the first CUDA tensor, on
/// that tensor's device, and serves no other. CUDA collectives are ordered on that device's current stream of the
/// calling thread and do not wait for it; reading a result waits as usual. `host` watches them: one that does not end
/// is told as one of its own, and NCCL's own failures end the job. What is captured into a CUDA graph is not watched.
/// The first one throws DistError when two ranks came with the same GPU (NCCL would hang); all do when NCCL fails.
std::unique_ptr<Communicator> make_nccl_communicator(std::unique_ptr<Communicator> host);

} // namespace tacit::dist
