// SPDX-License-Identifier: Apache-2.0
#include "dist/torch_reason.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/memory.hpp"
#include "pipeline/base/openmp.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/cli/command.hpp"
#include "pipeline/cli/local_ranks.hpp"
#include "pipeline/train/machine/agreement.hpp"
#ifdef TACIT_CUDA
#include "dist/backends/nccl_communicator.hpp"
#include "pipeline/train/step/cuda_graph.hpp"
#endif

#include <c10/util/Exception.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using tacit::ExitCode;

struct Failure {
    std::string line;
    ExitCode code = ExitCode::failure;
    bool met_by_all = false; ///< every rank ends with it
};

constexpr std::size_t kLongestLine = 2000;

std::string first_line(const std::string& text) {
    return tacit::one_line(text.substr(0, text.find('\n')), kLongestLine);
}

/// Whether every rank throws it at the same place, so that one may speak for all.
bool meets_all(const tacit::Error& error) {
    return error.code() == ExitCode::usage || dynamic_cast<const tacit::train::SharedError*>(&error) != nullptr;
}

/// The exception being handled, as one line and an exit code.
Failure current_failure() {
    try {
        throw;
    } catch (const tacit::Error& error) {
        return {tacit::one_line(error.what(), kLongestLine), error.code(), meets_all(error)};
    } catch (const std::bad_alloc&) {
        return {"out of memory; use a smaller batch or fewer ranks and workers on this host"};
    } catch (const c10::Error& error) {
        return {tacit::one_line(tacit::reason_of(error), kLongestLine)};
    } catch (const std::filesystem::filesystem_error& error) {
        return {first_line(tacit::reason_of(error)) + "; check the path, links on it and the rights to it"};
    } catch (const std::system_error& error) { // of a thread that the system does not start, most likely
        const bool limit = error.code() == std::errc::resource_unavailable_try_again;
        return {first_line(tacit::reason_of(error)) + (limit ? "; check the limits of this host (ulimit -a)" : "")};
    } catch (const std::exception& error) {
        return {"internal error, please report it: " + first_line(error.what())};
    }
}

/// What all ranks meet alike rank 0 says, and all leave together. Should only some have met it
/// (a file that one host does not see), the others would wait for them in a collective for ever: after a grace
/// period each of them speaks for itself and ends, and the launcher ends the rest.
void leave_together(const Failure& failure, int rank) {
    constexpr std::chrono::seconds kGrace(5);
    if (rank == 0) {
        tacit::log::error(failure.line);
    }
    std::thread([failure, rank, kGrace] {
        std::this_thread::sleep_for(kGrace);
        if (rank != 0) {
            tacit::log::error(failure.line);
        }
        ::_exit(static_cast<int>(failure.code));
    }).detach();
}

int run_on_this_rank(const std::vector<std::string>& words, tacit::dist::Communicator& comm) {
    try {
        return static_cast<int>(tacit::cli::dispatch(words, comm));
    } catch (...) {
        const Failure failure = current_failure();
        if (comm.size() > 1 && !failure.met_by_all) {
            tacit::log::error(failure.line);
            comm.abort(static_cast<int>(failure.code));
        }
        if (comm.size() > 1) {
            leave_together(failure, comm.rank());
        } else {
            tacit::log::error(failure.line);
        }
        return static_cast<int>(failure.code);
    }
}

int run_under_mpi(const std::vector<std::string>& words) {
    const tacit::dist::MpiEnvironment environment;
#ifdef TACIT_CUDA
    const auto comm = tacit::dist::make_nccl_communicator(tacit::dist::make_mpi_communicator());
#else
    const auto comm = tacit::dist::make_mpi_communicator();
#endif
    tacit::log::set_rank(comm->rank(), comm->size());
    return run_on_this_rank(words, *comm);
}

} // namespace

int main(int argc, char** argv) {
    tacit::cli::heed_guard();
    tacit::keep_freed_memory();
    tacit::library_reason = tacit::dist::torch_reason;
#ifdef TACIT_CUDA
    tacit::train::make_gpu_graph = tacit::train::make_cuda_graph;
#endif
    try {
        const std::vector<std::string> words(argv, argv + argc);
        if (tacit::cli::computes(words)) {
            tacit::let_waiting_threads_sleep(argv);
        }
        if (tacit::dist::launched_by_mpi()) {
            return run_under_mpi(words);
        }
        return run_on_this_rank(words, *tacit::dist::make_self_communicator());
    } catch (...) {
        const Failure failure = current_failure();
        tacit::log::error(failure.line);
        return static_cast<int>(failure.code);
    }
}
