// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/base/error.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tacit::train {

/// An error that every rank of the job throws at the same place, so that one may speak for all.
class SharedError : public Error {
  public:
    using Error::Error;
};

/// Collective: runs `work` on rank 0 alone. If it throws an Error there, every rank throws the same as a
/// SharedError, so that no rank is left waiting in a collective.
void on_root(dist::Communicator& comm, const std::function<void()>& work);

/// Collective: what every rank says, in the order of the ranks.
std::vector<std::string> texts_of_ranks(const std::string& mine, dist::Communicator& comm);

} // namespace tacit::train
