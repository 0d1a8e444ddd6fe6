// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/agreement.hpp"

#include "pipeline/base/error.hpp"

#include <string>

namespace tacit::train {

void on_root(dist::Communicator& comm, const std::function<void()>& work) {
    std::string outcome; // empty: done; else the exit code as one character, then the message
    if (comm.rank() == 0) {
        try {
            work();
        } catch (const Error& error) {
            outcome = static_cast<char>(error.code()) + std::string(error.what());
        } catch (const std::exception& error) {
            outcome = static_cast<char>(ExitCode::failure) + std::string(error.what());
        }
    }
    comm.broadcast(outcome, 0);
    if (!outcome.empty())
        throw Error(outcome.substr(1), static_cast<ExitCode>(outcome.front()));
}

} // namespace tacit::train
