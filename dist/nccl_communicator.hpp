// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

namespace tacit::dist {

/// Collective over `host`: one GPU a rank (device local_rank % visible devices, made current), collectives on
/// CUDA tensors through NCCL, on host tensors through `host`. CUDA collectives are ordered on the current CUDA
/// stream of the calling thread and do not wait for the device; reading a result waits as usual.
/// Throws DistError when no GPU is visible, two ranks got the same GPU (NCCL would hang), or NCCL fails.
std::unique_ptr<Communicator> make_nccl_communicator(std::unique_ptr<Communicator> host);

} // namespace tacit::dist
