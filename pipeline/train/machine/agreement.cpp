// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/machine/agreement.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/reason.hpp"

#include <cstddef>

namespace tacit::train {

void on_root(dist::Communicator& comm, const std::function<void()>& work) {
    std::string outcome; // empty: done; else the exit code as one character, then the message
    if (comm.rank() == 0) {
        try {
            work();
        } catch (const Error& error) {
            outcome = static_cast<char>(error.code()) + std::string(error.what());
        } catch (const std::exception& error) {
            outcome = static_cast<char>(ExitCode::failure) + reason_of(error);
        }
    }
    comm.broadcast(outcome, 0);
    if (!outcome.empty()) {
        throw SharedError(outcome.substr(1), static_cast<ExitCode>(outcome.front()));
    }
}

std::vector<std::string> texts_of_ranks(const std::string& mine, dist::Communicator& comm) {
    std::vector<std::string> all(static_cast<std::size_t>(comm.size()));
    all[static_cast<std::size_t>(comm.rank())] = mine;
    for (int rank = 0; rank < comm.size(); ++rank) {
        comm.broadcast(all[static_cast<std::size_t>(rank)], rank);
    }
    return all;
}

} // namespace tacit::train
